"""Versions are replaced whole, and a released one never."""

from pathlib import Path

import pytest

from pipelines.reporting.releases.versions import (
    MADE_FROM,
    altered_files,
    drafts_out_of_date,
    finish_swaps,
    holds_for,
    last_released,
    moved_since_release,
    newest_version,
    note_unchanged,
    released_periods,
    seal,
    seal_hash,
    staged,
    versions_of,
)

RELEASE = {"by": "Dr Example", "approved_by": "", "note": "", "on": "2026-11-02"}


def write(
    period: Path, number: int, text: str, *, inputs: str = "one", is_released: bool = False
) -> Path:
    with staged(period, number) as folder:
        (folder / "director").mkdir()
        (folder / "director" / "index.html").write_text(text, encoding="utf-8")
        (folder / MADE_FROM).write_text(f'{{"inputs": "{inputs}"}}', encoding="utf-8")
        if is_released:
            seal(folder, RELEASE)
    return period / f"v{number}"


def text_of(version: Path) -> str:
    return (version / "director" / "index.html").read_text(encoding="utf-8")


def names(period: Path) -> list[str]:
    return sorted(path.name for path in period.iterdir())


def test_a_draft_is_replaced_whole(tmp_path: Path) -> None:
    draft = write(tmp_path, 1, "first")
    (draft / "left.html").write_text("of an earlier code", encoding="utf-8")
    write(tmp_path, 1, "second")
    assert text_of(draft) == "second"
    assert names(draft) == ["director", MADE_FROM]
    assert names(tmp_path) == ["v1"]


def test_an_error_between_two_files_leaves_the_version_that_was_there(tmp_path: Path) -> None:
    draft = write(tmp_path, 1, "first")

    def cut_off() -> None:
        with staged(tmp_path, 1) as folder:
            (folder / "half.html").write_text("half", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut_off()
    assert text_of(draft) == "first"
    assert names(tmp_path) == ["v1"]


def test_a_released_version_is_never_replaced(tmp_path: Path) -> None:
    version = write(tmp_path, 1, "first", is_released=True)
    with pytest.raises(FileExistsError, match="released"):
        write(tmp_path, 1, "second")
    assert text_of(version) == "first"
    assert altered_files(version) == []


@pytest.mark.parametrize("came_first", [True, False])
def test_a_swap_that_was_cut_off_is_ended(tmp_path: Path, came_first: bool) -> None:
    draft = write(tmp_path, 1, "second" if came_first else "first")
    before = write(tmp_path / "other", 1, "first")
    if came_first:
        # Killed after the new one had its name, before the old one was removed.
        before.rename(tmp_path / "v1.replaced")
    else:
        # Killed between the two renames.
        draft.rename(tmp_path / "v1.replaced")
        assert newest_version(tmp_path) is None
    finish_swaps(tmp_path)
    assert text_of(draft) == ("second" if came_first else "first")
    assert [each.number for each in versions_of(tmp_path)] == [1]
    assert not (tmp_path / "v1.replaced").exists()


def test_a_seal_names_every_file_and_shows_what_was_altered(tmp_path: Path) -> None:
    version = write(tmp_path, 1, "first", is_released=True)
    page = version / "director" / "index.html"
    assert page.stat().st_mode & 0o777 == 0o400
    sealed = seal_hash(version)
    page.chmod(0o600)
    page.write_text("forged", encoding="utf-8")
    (version / "added.html").write_text("added", encoding="utf-8")
    (version / MADE_FROM).unlink()
    assert altered_files(version) == ["added.html", "director/index.html", MADE_FROM]
    assert seal_hash(version) == sealed


def test_versions_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        write(tmp_path / "2026-10", number, "page", is_released=number == 2)
    (tmp_path / "2026-10" / "v3.0123.tmp").mkdir()
    (tmp_path / "index.html").write_text("", encoding="utf-8")
    assert [each.number for each in versions_of(tmp_path / "2026-10")] == [1, 2, 10]
    released = last_released(tmp_path / "2026-10")
    assert released is not None
    assert (released.number, released.release) == (2, RELEASE)
    assert released_periods(tmp_path) == ["2026-10"]


def test_drafts_after_a_release_are_those_whose_figures_have_moved(tmp_path: Path) -> None:
    write(tmp_path / "2026-08", 1, "page")
    write(tmp_path / "2026-09", 1, "page", is_released=True)
    write(tmp_path / "2026-10", 1, "page", is_released=True)
    assert moved_since_release(tmp_path) == {}
    draft = write(tmp_path / "2026-10", 2, "page")
    (draft / "director" / "report.json").write_text(
        '{"head": {"change_words": "3 of 9 figures differ."}}', encoding="utf-8"
    )
    (moved,) = moved_since_release(tmp_path).items()
    assert (moved[0], moved[1].number, moved[1].change_words) == (
        "2026-10",
        2,
        "3 of 9 figures differ.",
    )


def test_drafts_of_an_earlier_state_are_told_and_released_versions_are_none(tmp_path: Path) -> None:
    write(tmp_path / "2026-07", 1, "page", inputs="before")
    write(tmp_path / "2026-08", 1, "page", inputs="before", is_released=True)
    write(tmp_path / "2026-09", 1, "page", inputs="before", is_released=True)
    write(tmp_path / "2026-09", 2, "page", inputs="before")
    write(tmp_path / "2026-10", 1, "page", inputs="now")
    assert drafts_out_of_date(tmp_path, "now") == ["2026-07", "2026-09"]
    assert drafts_out_of_date(tmp_path, "before") == ["2026-10"]
    assert drafts_out_of_date(tmp_path / "none", "now") == []


def test_a_version_holds_for_the_inputs_that_it_was_made_from_or_looked_at_with(
    tmp_path: Path,
) -> None:
    assert not holds_for(tmp_path, "one")
    write(tmp_path, 1, "page", inputs="one", is_released=True)
    assert holds_for(tmp_path, "one")
    assert not holds_for(tmp_path, "two")
    assert not holds_for(tmp_path, "")
    released = last_released(tmp_path)
    assert released is not None
    write(tmp_path, 2, "a draft that a later delivery made needless", inputs="two")
    note_unchanged(tmp_path, "three", released)
    assert [each.number for each in versions_of(tmp_path)] == [1]
    assert holds_for(tmp_path, "three")
    write(tmp_path, 2, "page", inputs="four")
    assert not holds_for(tmp_path, "three")
