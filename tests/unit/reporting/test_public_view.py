"""The public page of every kind of clinic: whom it counts, what it rounds, hides and never says."""

from pipelines.comparison.units import wilson
from pipelines.reporting.wording import load_wording
from tests.unit.reporting.conftest import CLINICS
from tests.unit.reporting.made_up_courses import NAMES, made_up_courses
from tests.unit.reporting.test_view_model import ReportOf, sections, tables


def test_the_public_page_names_nobody_and_knows_no_delivery(report_of: ReportOf) -> None:
    text = report_of("usual", "public").to_json()
    assert not [name for name in NAMES if name in text]
    assert "Evening group" not in text
    assert "inbox" not in text
    assert "sources" not in text


def test_the_public_page_says_whom_it_counts_and_counts_nobody_else(report_of: ReportOf) -> None:
    report = report_of("usual", "public")
    assert [item.rule for item in report.in_short] == [
        "public.figure",
        "public.may_not_publish",
        "public.worse",
        "public.measured",
        "public.consent",
    ]
    assert [section.section_id for section in report.sections] == ["claims", "programmes", "method"]
    agreed = [
        one
        for one in made_up_courses(CLINICS["usual"])
        if one.has_agreed and one.month.year == CLINICS["usual"].last_month.year - 1
    ]
    pairs = [one.pairs["phq9"] for one in agreed if "phq9" in one.pairs]
    total = tables(report)["programmes-1"].rows[-1]
    better = sum(change == 1 for _, change, _ in pairs)
    shown = total.cells[1].value
    assert isinstance(shown, int)
    # Five programmes, each rounded to the nearest five.
    assert abs(shown - better) <= 5 * 2
    assert shown % 5 == 0
    assert "about " in report.in_short[0].text
    assert (
        abs(
            int(report.in_short[0].text.split("about ")[1].split()[0].replace(",", "")) - len(pairs)
        )
        <= 15 * 2
    )


def test_no_public_heading_is_a_bare_claim(report_of: ReportOf) -> None:
    claim = "Half of our clients get reliably better."
    report = report_of("usual", "public")
    headings = [
        text
        for section in sections(report.sections)
        for text in (section.title, *(each.term for each in section.definitions))
    ]
    assert any(text.startswith("May not be") and claim in text for text in headings)
    assert claim not in headings


def test_a_public_interval_is_that_of_as_many_clients_as_these_are_worth(
    report_of: ReportOf,
) -> None:
    (table,) = [
        table
        for name, table in tables(report_of("usual", "public")).items()
        if name.endswith("-years")
    ]
    n_shown = 0
    for row in table.rows:
        shown = {each.key: cell for each, cell in zip(table.columns, row.cells, strict=True)}
        counts = [shown[part].value for part in ("met", "worse", "neither")]
        if shown["share"].value is None or None in counts:
            continue
        # The standard of the made-up claim: two clients tell as much as one on their own.
        n = sum(int(str(count)) for count in counts) / 2
        lower, upper = wilson(int(str(counts[0])) / 2, n, 1.959964)
        assert shown["share"].small == f"{100 * lower:.0f}–{100 * upper:.0f}\u00a0%"
        n_shown += 1
    assert n_shown
    assert any("a hundred count as 50." in text for text in report_of("usual", "public").texts())


def test_where_nobody_agreed_the_public_page_says_so_and_shows_no_figure(
    report_of: ReportOf,
) -> None:
    report = report_of("nobody agreed", "public")
    assert [item.rule for item in report.in_short] == ["public.none"]
    assert "who agreed to be counted" in report.in_short[0].text
    assert not report.key_figures
    assert not any(section.charts for section in sections(report.sections))
    assert set(tables(report)) == {"provenance-table"}
    assert not report.counts
    assert report_of("nobody agreed", "director").key_figures


def test_the_public_sees_what_the_gate_hid_as_hidden_and_why(report_of: ReportOf) -> None:
    found = [
        cell
        for table in tables(report_of("badly measured", "public")).values()
        for row in table.rows
        for cell in row.cells
        if cell.reason
    ]
    assert ("fewer than 5", "small_count") in {(cell.text, cell.reason) for cell in found}
    assert {cell.value for cell in found} == {None}


def test_every_reason_has_words_for_the_public_too() -> None:
    keys = [key.removeprefix("claims.reasons.") for key in load_wording().texts]
    reasons = {key for key in keys if load_wording().has(f"claims.reasons.{key}")}
    assert reasons
    assert [key for key in reasons if not load_wording().has(f"public.reasons.{key}")] == []
