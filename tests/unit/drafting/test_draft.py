"""Drafts of mappings: nearly right for the layouts that are known, and silent about clients."""

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import yaml

from pipelines.drafting.draft import Draft, draft_mapping
from pipelines.errors import DeliveryError, UsageError
from pipelines.ingest.mapped.mapping_file import load_mapping
from pipelines.ingest.mapped.model import Cell, SourceMapping
from pipelines.instruments.catalogue import load_catalogue
from pipelines.source_settings import SHIPPED_MAPPINGS
from tests.unit.ingest.mapped.test_shipped_mappings import WRITERS

# How many of the cells of the shipped mappings a draft must have guessed.
RIGHT_SHARE = 0.85


def draft_of(path: Path) -> Draft:
    return draft_mapping(path, name="made_up", time_zone=None, catalogue=load_catalogue())


def loaded(draft: Draft, folder: Path) -> SourceMapping:
    path = folder / "made_up.yaml"
    path.write_text(draft.text, encoding="utf-8")
    return load_mapping(path)


def said(mapping: SourceMapping) -> dict[tuple[str, str], Any]:
    """What each cell of each table is made of: its columns, kind and formats."""
    found: dict[tuple[str, str], Any] = {}
    for part in mapping.files:
        cells: list[tuple[str, Mapping[str, Cell]]] = [(t.table, t.cells) for t in part.tables]
        cells += [(f"{form.instrument_id} form", form.response) for form in part.questionnaires]
        for table, by_name in cells:
            for name, cell in by_name.items():
                kind = "date" if cell.kind == "datetime" else cell.kind
                columns = tuple(each.casefold() for each in cell.reads())
                found[table, name] = (columns, cell.constant, kind if columns else "")
        for form in part.questionnaires:
            found[f"{form.instrument_id} form", "items"] = tuple(form.items.values())
    return found


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_a_draft_of_a_known_layout_is_nearly_right(name: str, tmp_path: Path) -> None:
    export = WRITERS[name](tmp_path / "export")
    drafted = said(loaded(draft_of(export), tmp_path))
    wanted = said(load_mapping(SHIPPED_MAPPINGS / f"{name}.yaml"))
    # The made-up export has one questionnaire in wide rows.
    wanted = {key: value for key, value in wanted.items() if key[0] != "gad7 form"}
    right = [key for key, value in wanted.items() if drafted.get(key) == value]
    wrong = sorted(f"{t}.{c}" for t, c in set(wanted) - set(right))
    assert len(right) / len(wanted) >= RIGHT_SHARE, wrong


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_no_value_of_the_export_is_told(name: str, tmp_path: Path) -> None:
    export = WRITERS[name](tmp_path / "export")
    draft = draft_of(export)
    told = draft.text + "\n".join(draft.lines())
    for secret in ("Made Up", "Müster", "Erfunden", "Köhn", "p-001", "C0001", "1971", "07.03",
                   "F1\n", "Total: 60"):  # fmt: skip
        assert secret not in told, secret


def rows(path: Path, header: list[str], content: list[list[str]], mark: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=mark).writerows([header, *content])
    return path


def test_words_of_a_code_list_are_told_only_by_the_rule(tmp_path: Path) -> None:
    header = ["Client ID", "Sex", "State", "DOB"]
    common = [[f"c{n}", "FM"[n % 2], "NY", "1980-01-01"] for n in range(10)]
    assert "codes: {F: female, M: male}" in draft_of(rows(tmp_path / "a.csv", header, common)).text
    # One word in fewer than five rows: no word of the column is told, only the usual ones.
    rare = [*common, *([[f"d{n}", "zqx", "NY", "1980-01-01"] for n in range(4)])]
    text = draft_of(rows(tmp_path / "b.csv", header, rare)).text
    assert "zqx" not in text
    assert "too rare to be told" in text
    # In five rows it is told, as something that a person must translate.
    often = [*rare, ["d5", "zqx", "NY", "1980-01-01"]]
    assert "TODO: what is zqx?" in draft_of(rows(tmp_path / "c.csv", header, often)).text


@pytest.mark.parametrize(
    "name_like", ["Ann Example", "Example, Ann", "a@b", "Dr X", "12345", "1/2"]
)
def test_words_that_may_be_names_are_not_told(tmp_path: Path, name_like: str) -> None:
    content = [[f"c{n}", name_like, "1980-01-01"] for n in range(10)]
    text = draft_of(rows(tmp_path / "a.csv", ["Client ID", "Gender", "DOB"], content)).text
    assert name_like not in text.replace("1980", "")


def test_a_day_that_may_be_a_month_is_said_and_taken_from_other_dates(tmp_path: Path) -> None:
    header = ["Client ID", "DOB"]
    unclear = [[f"c{n}", f"0{n}/0{n + 1}/1980"] for n in range(1, 8)]
    text = draft_of(rows(tmp_path / "a.csv", header, unclear)).text
    assert "TODO: it may as well be" in text
    clear = [[f"c{n}", f"{n + 20}/0{n + 1}/2026"] for n in range(1, 8)]
    rows(tmp_path / "b.csv", ["Client ID", "Registered"], clear)
    text = draft_of(tmp_path).text
    assert text.count('date: "%d/%m/%Y"') == 2
    assert "taken from the other dates" in text


def test_notes_and_hidden_sheets_are_not_looked_at(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "x.xlsx"))
    sheet = book.add_worksheet("People")
    sheet.write_row(0, 0, ["Client ID", "Sex", "Progress Notes"])
    for n in range(1, 9):
        sheet.write_row(n, 0, [f"c{n}", "FM"[n % 2], "said something"])
    book.add_worksheet("Secret").hide()
    book.close()
    draft = draft_of(tmp_path / "x.xlsx")
    assert "Progress Notes looks like notes, which are refused" in draft.text
    assert "Secret" not in draft.text + "\n".join(draft.lines())


@pytest.mark.parametrize(
    "content", [b"", b"\0\1", b"PK\3\4junk", b'{"a": 1}\n', b"\xff\xd8" * 90, b"x\n\n\n"]
)
def test_what_is_no_table_is_told_as_that(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(DeliveryError, match="No table was recognised") as caught:
        draft_of(tmp_path)
    assert "x.csv" in caught.value.found


def test_a_first_row_that_may_be_a_clients_is_never_told(tmp_path: Path) -> None:
    rows(tmp_path / "a.csv", ["Zqxann", "Zqxample", "Zqxtown"], [["Moe", "Myth", "York"]] * 9)
    rows(tmp_path / "b.csv", ["c1", "Zqx", "1980-01-01"], [["c2", "Moe", "1980-01-01"]] * 9)
    rows(tmp_path / "c.csv", ["Client ID", "DOB"], [["c1", "1980-01-01"]])
    draft = draft_of(tmp_path)
    assert "Zqx" not in draft.text + "\n".join(draft.lines())
    assert [each.partition(":")[0] for each in draft.without_table] == ["a.csv", "b.csv"]


def test_a_file_of_another_kind_is_named_and_left(tmp_path: Path) -> None:
    rows(tmp_path / "invoices.csv", ["Invoice", "Date"], [["i1", "2026-01-01"]])
    rows(tmp_path / "clients.csv", ["Client ID", "DOB"], [["c1", "1980-01-01"]])
    draft = draft_of(tmp_path)
    assert draft.without_table == ("invoices.csv",)
    assert "# TODO: invoices.csv gives no table" in draft.text


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file to look at"):
        draft_of(tmp_path)


def test_the_usual_words_are_words_of_the_contracts() -> None:
    from pipelines.contracts.odcs import load_contracts

    path = SHIPPED_MAPPINGS / "drafting" / "words.yaml"
    codes = yaml.safe_load(path.read_text(encoding="utf-8"))["codes"]
    allowed = {
        column.name: set(column.allowed)
        for contract in load_contracts().values()
        for column in contract.columns
        if column.allowed
    }
    for name in ("sex", "status", "setting", "end_reason", "respondent"):
        assert set(codes[name].values()) <= allowed[name]


def test_every_todo_is_counted(tmp_path: Path) -> None:
    draft = draft_of(rows(tmp_path / "a.csv", ["Client ID", "Odd"], [["c1", "x"]]))
    assert draft.n_todo == len(re.findall("# TODO: ", draft.text)) > 0


def practice(folder: Path, client: str = "Chart No") -> Path:
    """An export as no shipped mapping knows it: clients with courses, visits, two forms a row."""
    folder.mkdir(exist_ok=True)
    clients = [
        [f"P-{n}", f"{n + 1}/20/1980", "1/13/2026", "2/28/2026", "Dr Made Up", "WELL"]
        for n in range(9)
    ]
    head = [client, "DOB", "Intake Dt", "D/C Dt", "Primary Clinician", "Reason Ended"]
    rows(folder / "roster.csv", head, clients)
    visits = [
        [f"{n}", f"P-{n % 9}", "1/14/2026", "9:00 AM", "Dr Made Up", "G1" if n % 2 else ""]
        for n in range(27)
    ]
    head = ["Appt No", client, "Appt Dt", "Appt Tm", "Clinician", "Grp"]
    rows(folder / "visits.csv", head, visits)
    forms = [
        [f"P-{n % 9}", f"1/{n + 13}/2026", *"012301230", "9", *"0123012", "9"] for n in range(9)
    ]
    phq, gad = [f"PHQ{n}" for n in range(1, 10)], [f"GAD{n}" for n in range(1, 8)]
    head = [client, "Date", *phq, "PHQ-9 Total", *gad, "GAD-7 Total"]
    rows(folder / "forms.csv", head, forms)
    return folder


@pytest.mark.parametrize("client", ["Chart No", "Pat_ID", "Zqx"])
def test_whose_a_row_is_is_told_by_usual_names_and_by_what_all_files_share(
    tmp_path: Path, client: str
) -> None:
    draft = draft_of(practice(tmp_path, client))
    found = {(file, column): meaning for file, column, meaning, _, _ in draft.columns}
    for file in ("roster.csv", "visits.csv", "forms.csv"):
        assert found[file, client] == "client_id"
    assert not draft.without_table


def test_each_form_has_the_total_that_is_named_for_it(tmp_path: Path) -> None:
    mapping = loaded(draft_of(practice(tmp_path)), tmp_path)
    totals = {
        form.instrument_id: form.response["total_score"].columns
        for part in mapping.files
        for form in part.questionnaires
    }
    assert totals == {"phq9": ("PHQ-9 Total",), "gad7": ("GAD-7 Total",)}


def test_a_total_that_is_named_for_no_form_is_none_of_two(tmp_path: Path) -> None:
    header = ["Client ID", "Date", *(f"PHQ{n}" for n in range(1, 10)), "Total",
              *(f"GAD{n}" for n in range(1, 8))]  # fmt: skip
    content = [[f"c{n}", "2026-01-20", *"012301230", "9", *"0123012"] for n in range(9)]
    mapping = loaded(draft_of(rows(tmp_path / "a.csv", header, content)), tmp_path)
    forms = [form for part in mapping.files for form in part.questionnaires]
    assert [sorted(form.response) for form in forms] == [
        ["administered_at", "client_id", "episode_id"]
    ] * 2


def test_courses_are_those_of_the_list_of_clients_and_have_a_programme_with_the_forms(
    tmp_path: Path,
) -> None:
    draft = draft_of(practice(tmp_path))
    mapping = loaded(draft, tmp_path)
    by_table = {
        table.table: (part.file, table.cells) for part in mapping.files for table in part.tables
    }
    assert by_table["episodes"][0] == "roster.csv"
    assert by_table["episodes"][1]["ended_on"].columns == ("D/C Dt",)
    assert by_table["programmes"][1]["instruments"].constant == "phq9;gad7"
    assert "TODO: does Grp name therapy groups?" in draft.text


def courses(folder: Path, programmes: list[str]) -> Path:
    """A list of clients with their courses, and nothing else."""
    folder.mkdir(exist_ok=True)
    head = ["Client ID", "Program", "Program Start Date", "Discharge Date", "Clinician"]
    content = [
        [f"c{n}", programme, f"1/{n + 13}/2026", "4/20/2026", f"t{n % 2}"]
        for n, programme in enumerate(programmes)
    ]
    return rows(folder / "roster.csv", head, content)


def test_a_column_of_programmes_gives_the_programmes_and_those_of_the_courses(
    tmp_path: Path,
) -> None:
    draft = draft_of(courses(tmp_path, ["Anxiety Group", "Grief", "Grief"] * 3))
    by_table = {
        table.table: table for part in loaded(draft, tmp_path).files for table in part.tables
    }
    assert by_table["programmes"].one_per == ("Program",)
    assert by_table["programmes"].cells["name"].columns == ("Program",)
    made = by_table["programmes"].cells["programme_id"]
    assert made == by_table["episodes"].cells["programme_id"]
    assert by_table["episodes"].cells["started_on"].columns == ("Program Start Date",)
    assert "some rows have none" not in draft.text
    assert "Anxiety" not in draft.text


def test_courses_without_a_programme_are_told(tmp_path: Path) -> None:
    draft = draft_of(courses(tmp_path, ["Grief", "Grief", ""] * 3))
    assert draft.text.count("some rows have none and would be turned away") == 1


def test_what_every_client_has_another_of_is_no_programme(tmp_path: Path) -> None:
    draft = draft_of(courses(tmp_path, [f"plan {n}" for n in range(9)]))
    assert "programme_id: {constant: unassigned}" in draft.text
    assert "ignored: [Program]" in draft.text


@pytest.mark.parametrize(
    "name",
    ["Program Status", "Program Participant", "Program Client Name", "Program Email",
     "Program Coordinator", "Program Completed", "In Program", "Referral Pathway", "Program Fee"],
)  # fmt: skip
def test_what_is_said_of_a_programme_is_none(tmp_path: Path, name: str) -> None:
    head = ["Client ID", name, "Start Date", "Discharge Date", "Clinician"]
    value = "100.50" if name == "Program Fee" else "word"
    content = [[f"c{n}", value, f"1/{n + 13}/2026", "4/20/2026", f"t{n % 2}"] for n in range(9)]
    text = draft_of(rows(tmp_path / "roster.csv", head, content)).text
    assert "programme_id: {constant: unassigned}" in text
    assert f"ignored: [{name}]" in text


@pytest.mark.parametrize(
    "name", ["Program Name", "Treatment Program", "Primary Program", "program_id"]
)
def test_a_programme_is_known_by_the_usual_words(tmp_path: Path, name: str) -> None:
    head = ["Client ID", name, "Start Date", "Discharge Date", "Clinician"]
    content = [[f"c{n}", "word", f"1/{n + 13}/2026", "4/20/2026", f"t{n % 2}"] for n in range(9)]
    assert f"one_per: [{name}]" in draft_of(rows(tmp_path / "roster.csv", head, content)).text


def test_clinicians_come_from_the_courses_where_no_other_file_names_them(tmp_path: Path) -> None:
    alone = loaded(draft_of(courses(tmp_path / "a", ["Grief"] * 9)), tmp_path)
    tables = [table.table for part in alone.files for table in part.tables]
    assert tables.count("therapists") == 1
    beside = loaded(draft_of(practice(tmp_path / "b")), tmp_path)
    made_from = [
        part.file for part in beside.files for table in part.tables if table.table == "therapists"
    ]
    assert made_from == ["visits.csv"]


def test_a_file_without_a_header_is_not_told_a_word_of(tmp_path: Path) -> None:
    content = [["Ann Example", "Springfield", f"{n + 1} Jan 1980"] for n in range(9)]
    path = rows(tmp_path / "a.csv", ["Ben Example", "Shelbyville", "12 Jan 1980"], content)
    with pytest.raises(DeliveryError) as refused:
        draft_of(path)
    assert "Ben" not in str(refused.value)
    assert "no line looks like a header" in str(refused.value)


def test_of_files_that_give_no_table_the_columns_are_named(tmp_path: Path) -> None:
    path = rows(tmp_path / "a.csv", ["Zqx", "Sold"], [["pen", f"{n}"] for n in range(9)])
    with pytest.raises(DeliveryError) as refused:
        draft_of(path)
    assert "a.csv with the columns Zqx, Sold" in str(refused.value)
    assert "check --mapping" in str(refused.value)


def test_an_address_that_files_share_is_nobodys_id(tmp_path: Path) -> None:
    head = ["Id", "ADDRESS", "LAT", "Since"]
    content = [[f"x{n}", f"{n} Made Up Street", f"4.{n}", "2020-01-20"] for n in range(9)]
    rows(tmp_path / "providers.csv", head, content)
    rows(tmp_path / "places.csv", head, content)
    found = {(file, column): meaning for file, column, meaning, _, _ in draft_of(tmp_path).columns}
    assert found["providers.csv", "Id"] == "therapist_id"
    assert "client_id" not in found.values()


@pytest.mark.parametrize(
    ("header", "made"),
    [
        (["Appt Date", "Appt Time", "Appt #", "Chart #", "Seen By", "Appt Status"], "Appt #"),
        (["Appt Date", "Appt Time", "Fee", "Chart #", "Seen By", "Appt Status"], ""),
    ],
)
def test_a_list_of_visits_is_known_with_and_without_numbers_of_theirs(
    tmp_path: Path, header: list[str], made: str
) -> None:
    content = [
        [f"{day:02}/{month:02}/2026", f"{9 + client}:00 AM", str(1000 * client + 100 * month + day),
         f"CH{client}", "c1", "Kept"]
        for client in range(3) for month in (1, 2) for day in range(1, 9)
    ]  # fmt: skip
    if not made:
        content = [[*row[:2], "90.00", *row[3:]] for row in content]
    mapping = loaded(draft_of(rows(tmp_path / "list.csv", header, content)), tmp_path)
    (part,) = mapping.files
    by_table = {table.table: table.cells for table in part.tables}
    assert {"sessions", "attendances", "therapists", "episodes"} <= by_table.keys()
    visit = by_table["sessions"]["session_id"]
    assert visit == by_table["attendances"]["session_id"]
    if made:
        assert visit.columns == (made,)
    else:
        assert visit.id_of == ("Chart #", "Appt Date", "Appt Time")


def test_the_outcome_of_a_visit_is_whether_somebody_came(tmp_path: Path) -> None:
    visits = [
        [f"V{n}", "2026-01-05 09:00", f"C{n % 7}", "T1", ("kept", "late cxl", "no show")[n % 3]]
        for n in range(30)
    ]
    header = ["Visit ID", "Date", "Client ID", "Therapist", "Outcome"]
    (part,) = loaded(draft_of(rows(tmp_path / "visits.csv", header, visits)), tmp_path).files
    (status,) = (t.cells["status"] for t in part.tables if t.table == "attendances")
    assert status.columns == ("Outcome",)
    assert status.codes == {
        "kept": "attended",
        "late cxl": "late_cancelled",
        "no show": "no_show",
    }
