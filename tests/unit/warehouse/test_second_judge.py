"""Which checked files Great Expectations is asked about."""

from datetime import date

from pipelines.contracts.odcs import load_contracts
from pipelines.contracts.settle import CheckedFile
from pipelines.warehouse.second_judge import RECORD, SecondJudge


class Listener:
    """In place of the process: keeps what it is handed."""

    def __init__(self):
        self.asked = {}

    def submit(self, files):
        self.asked = dict(files)


def checked_file(folder, record):
    folder.mkdir()
    if record is not None:
        (folder / RECORD).write_text(record, encoding="utf-8")
    return CheckedFile(
        checked=folder.name, table="clients", delivery_id="d", source="s",
        delivered_on=date(2024, 1, 2), is_full=False, file_id="f", file_name="clients.csv",
        file_rank=0, delivery_rank=0, n_rows=1, n_broken=0, n_with_errors=0,
        rows=folder / "rows.parquet", broken=None,
    )  # fmt: skip


def test_it_is_asked_about_files_without_a_record_or_with_one_that_a_power_cut_emptied(
    tmp_path, monkeypatch
):
    records = {"judged": '{"counts": []}', "new": None, "emptied": ""}
    files = [checked_file(tmp_path / name, record) for name, record in records.items()]
    judge, listener = SecondJudge(load_contracts(), tmp_path / "judge"), Listener()
    monkeypatch.setattr(judge, "_worker", listener)
    judge.submit({"clients": files}, ["clients"])
    assert listener.asked == {
        "clients": [tmp_path / name / "rows.parquet" for name in ("new", "emptied")]
    }
