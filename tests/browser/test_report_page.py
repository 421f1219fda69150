"""The page in a real browser: no sideways scrolling on a phone, nothing fetched, light and dark."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from pipelines.reporting.output.html import render_index, render_month
from pipelines.reporting.pages.view_model import build_report
from pipelines.reporting.write import index_entries, write_index, write_report
from tests.chromium import IN_BROWSER, opened_browser
from tests.unit.reporting.conftest import PROVENANCE
from tests.unit.reporting.made_up_courses import Clinic, Settings
from tests.unit.reporting.mart_clinic import connect

pytestmark = IN_BROWSER
# The band of a draft has paper on ink, the other way round; axe judges it in place.
CONTRAST = """() => {
  const parse = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = text => {
    const [r, g, b] = parse(text).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = light(getComputedStyle(document.body).backgroundColor);
  return [...document.querySelectorAll('p, li, td, th, h1, h2, h3, a, summary, .small')]
    .filter(element => !element.closest('.draft-band')).map(element => {
    const ink = light(getComputedStyle(element).color);
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  }).reduce((a, b) => Math.min(a, b));
}"""

WIDER_THAN_THEIR_PLACE = """[...document.querySelectorAll('.scroll')]
  .filter(place => place.scrollWidth > place.clientWidth + 1)
  .map(place => place.querySelector('table').id)"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A director's page, a public page and the index, as files."""
    folder = tmp_path_factory.mktemp("reports")
    found = {}
    with connect(Clinic(months=26)) as connection:
        for audience in ("director", "public"):
            report = build_report(
                connection, month=date(2026, 10, 1), audience=audience, settings=Settings(), provenance=PROVENANCE
            )  # fmt: skip
            found[audience] = write_report(
                folder / report.head.month / "v1", report, render_month(report)
            ).page
    found["index"] = write_index(folder, render_index(index_entries(folder)))
    return found


@pytest.fixture(scope="module")
def open_page() -> Iterator[Callable]:
    with opened_browser() as open_page:
        yield open_page


@pytest.mark.parametrize("name", ["director", "public", "index"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_page_scrolls_sideways_or_asks_the_network(
    pages: dict[str, Path], open_page: Callable, name: str, width: int
) -> None:
    page = open_page(viewport={"width": width, "height": 800})
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(pages[name].as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert asked == [pages[name].as_uri()]
    assert complaints == []
    page.close()


@pytest.mark.parametrize("name", ["director", "public", "index"])
@pytest.mark.parametrize("width", [320, 390])
def test_no_table_scrolls_sideways_on_a_phone(
    pages: dict[str, Path], open_page: Callable, name: str, width: int
) -> None:
    page = open_page(viewport={"width": width, "height": 800})
    page.goto(pages[name].as_uri())
    # What is folded has a width only when it is open.
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert page.evaluate(WIDER_THAN_THEIR_PLACE) == []
    page.close()


def test_a_cell_of_a_wide_table_stands_beside_the_name_of_its_column(
    pages: dict[str, Path], open_page: Callable
) -> None:
    page = open_page(viewport={"width": 390, "height": 800})
    page.goto(pages["director"].as_uri())
    said = page.evaluate(
        "getComputedStyle(document.querySelector('.stack td'), '::before').content"
    )
    head = page.evaluate("document.querySelector('.stack thead th:nth-child(2)').textContent")
    assert said == f'"{head}"'
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_light_and_dark(
    pages: dict[str, Path], open_page: Callable, scheme: str
) -> None:
    page = open_page(color_scheme=scheme)
    page.goto(pages["director"].as_uri())
    assert page.evaluate(CONTRAST) >= 4.5
    page.close()


def test_one_drawing_of_each_chart_is_seen_at_a_time(
    pages: dict[str, Path], open_page: Callable
) -> None:
    for width, seen, unseen in ((390, "narrow", "wide"), (1280, "wide", "narrow")):
        page = open_page(viewport={"width": width, "height": 800})
        page.goto(pages["director"].as_uri())
        assert page.locator(f"figure .{seen} svg").first.is_visible()
        assert not page.locator(f"figure .{unseen} svg").first.is_visible()
        page.close()


def test_a_card_opens_by_keyboard(pages: dict[str, Path], open_page: Callable) -> None:
    page = open_page()
    page.goto(pages["director"].as_uri())
    summary = page.locator("#card-better summary")
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("#card-better dl").is_visible()
    page.close()
