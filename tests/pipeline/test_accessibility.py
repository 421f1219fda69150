"""Every kind of page that a run writes, judged by axe at WCAG 2.2 AA, and used by keyboard alone.

A kind is a folder and a name: of a hundred therapists' pages the first is looked at.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.home import Home
from tests.chromium import IN_BROWSER, opened_browser

pytestmark = IN_BROWSER
WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
# What depends on colours and on room; the rest is the same page.
LOOKS = {"runOnly": {"type": "rule", "values": ["color-contrast", "target-size"]}}
# What repeats is judged once: the first two rows, entries and paragraphs of a page that stand in the
# same place and hold the same kinds of things, and the first terms of a list.
FIRST_OF_MANY = """() => {
  const kind = each => each.tagName + ' ' + (each.getAttribute('class') ?? '');
  const place = each => each === document.body ? '' : place(each.parentElement) + ' > ' + kind(each);
  const inside = each => [...new Set([...each.querySelectorAll('*')].map(place))].sort().join();
  const seen = {};
  document.querySelectorAll('tr, li, p').forEach(each => {
    if (!each.isConnected) return;
    const shape = place(each) + ': ' + inside(each);
    seen[shape] = (seen[shape] ?? 0) + 1;
    if (seen[shape] > 2) each.remove();
  });
  document.querySelectorAll('dl').forEach(list => [...list.children].slice(8).forEach(each => each.remove()));
}"""
OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true; })"
# Focus by keyboard: what is reached, whether it can be seen, whether it is marked.
REACHED = """() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  return {tag: at.tagName, outline: style.outlineStyle + ' ' + style.outlineWidth};
}"""


@pytest.fixture(scope="module")
def open_page() -> Iterator[Callable[..., Any]]:
    with opened_browser() as open_page:
        yield open_page


@pytest.fixture(scope="module")
def kinds(demo: Home) -> dict[str, Path]:
    """The first page of each kind in the newest month, and the index."""
    newest = max(demo.reports.glob("????-[0-9][0-9]"))
    found = {"index": demo.reports / "index.html"}
    for path in sorted(newest.rglob("*.html")):
        version_and_audience = path.relative_to(newest).parts[1:-1]
        is_one_of_many = len(version_and_audience) > 1
        depth = 1 if version_and_audience[0] == "therapist" else 2
        kind = "/".join((*version_and_audience[:depth], "" if is_one_of_many else path.name))
        found.setdefault(kind, path)
    return found


def violations(page: Any, options: dict[str, Any]) -> list[str]:
    """What axe finds: rule, how many places, and the first of them."""
    from axe_playwright_python.sync_playwright import Axe

    response = Axe().run(page, options=options).response
    return [
        f"{each['id']} × {len(each['nodes'])}: {each['nodes'][0]['html'][:200]}"
        for each in response["violations"]
    ]


def test_axe_finds_nothing_on_any_kind_of_page(
    kinds: dict[str, Path], open_page: Callable[..., Any]
) -> None:
    assert {"index", "director/index.html", "director/methods.html", "public/index.html"} <= set(
        kinds
    )
    found = {}
    for kind, path in kinds.items():
        page = open_page(viewport={"width": 1280, "height": 900})
        page.goto(path.as_uri())
        page.evaluate(OPEN_ALL)
        page.evaluate(FIRST_OF_MANY)
        found[kind] = violations(page, WCAG)
        page.emulate_media(color_scheme="dark")
        found[f"{kind}, dark"] = violations(page, LOOKS)
        page.close()
    assert not {kind: each for kind, each in found.items() if each}


# 640 pixels are what a window of 1,280 has left at 200 % zoom.
@pytest.mark.parametrize("width", [320, 640])
def test_nothing_is_lost_on_a_narrow_or_zoomed_page(
    kinds: dict[str, Path], open_page: Callable[..., Any], width: int
) -> None:
    found = {}
    for kind, path in kinds.items():
        page = open_page(viewport={"width": width, "height": 800})
        page.goto(path.as_uri())
        page.evaluate(OPEN_ALL)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, kind
        if width == 320:
            page.evaluate(FIRST_OF_MANY)
            found[kind] = violations(page, LOOKS)
        page.close()
    assert not {kind: each for kind, each in found.items() if each}


def test_axe_is_seen_to_find_what_is_wrong(open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.set_content(
        "<html lang=en><title>x</title><main><h1>x</h1><p style='color:#999'>grey</p><img src='data:'></main>"
    )
    assert {each.split()[0] for each in violations(page, WCAG)} >= {"color-contrast", "image-alt"}
    page.close()


def test_the_keyboard_reaches_links_folds_and_sort_buttons_and_shows_where_it_is(
    kinds: dict[str, Path], open_page: Callable[..., Any]
) -> None:
    page = open_page(viewport={"width": 1280, "height": 900})
    page.goto(kinds["director/index.html"].as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    tags = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached = page.evaluate(REACHED)
        tags.add(reached["tag"])
        assert reached["outline"].split()[0] not in ("none", "hidden"), reached
    assert {"A", "SUMMARY"} <= tags
    page.close()


def test_a_table_is_sorted_and_filtered_by_keyboard_and_totals_stay_last(
    kinds: dict[str, Path], open_page: Callable[..., Any]
) -> None:
    page = open_page(viewport={"width": 1280, "height": 900})
    page.goto(kinds["director/index.html"].as_uri())
    page.evaluate(OPEN_ALL)
    table = (
        page.locator("table[data-sort]:has(td[data-value])").filter(has=page.locator("tbody")).first
    )
    head = table.locator("thead th.number .sort").first
    head.focus()
    page.keyboard.press("Enter")
    place = table.evaluate(
        "table => [...table.tHead.rows[0].cells].findIndex(head => head.ariaSort === 'ascending')"
    )
    assert place > 0
    values = table.evaluate(
        "(table, place) => [...table.tBodies[0].rows].filter(row => !row.classList.contains('total'))"
        ".map(row => row.children[place].dataset.value).filter(value => value !== undefined).map(Number)",
        place,
    )
    assert values == sorted(values)
    assert len(values) > 1
    label = page.locator("label.filter input").first
    label.focus()
    page.keyboard.type("zzz no such row")
    filtered = page.locator("table[data-filter]").first
    assert filtered.locator("tbody tr:visible").count() == 0
    page.close()


def test_everything_is_readable_with_scripts_off(
    kinds: dict[str, Path], open_page: Callable[..., Any]
) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(kinds["director/index.html"].as_uri())
    assert page.locator("h2").count() > 8
    assert page.locator("table button").count() == 0
    page.close()
