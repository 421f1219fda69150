"""Reports as self-contained HTML pages: one file each, nothing fetched, readable without scripts.

Templates loop and print. What they print is in the report; the few fixed words around it are in
the catalogue of words.
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from pipelines.errors import ModelError
from pipelines.reporting.charts import SIZES, Size, sparkline, svg
from pipelines.reporting.model import Chart, Page, Report, Trend, stored
from pipelines.reporting.terms import Explainer
from pipelines.reporting.wording import load_wording
from pipelines.reporting.write import IndexEntry

REPORTS_FOLDER = Path(__file__).parents[2] / "reports"
TEMPLATE_FOLDER = REPORTS_FOLDER / "templates"
# A table of more rows than this is folded, so that a page is no wall of figures.
FOLD_FROM = 12


def render_month(report: Report) -> str:
    """The page of one month for one audience.

    Raises: ModelError naming the template, its line and what was expected.
    """
    explain = Explainer(report).explain
    return _render("month.html.j2", language=report.head.language, report=report, explain=explain)


def render_index(
    entries: Sequence[IndexEntry], *, clinic: str = "", stopped: str = "", language: str = "en"
) -> str:
    """The page that leads to all months and versions, newest first.

    `stopped` says why the last run published nothing, where it did not.

    Raises: ModelError naming the template, its line and what was expected.
    """
    name = clinic or (entries[0].clinic if entries else "")
    return _render(
        "index.html.j2", language=language, entries=entries, clinic=name, stopped=stopped
    )


def render_page(page: Page) -> str:
    """A page of sections alone.

    Raises: ModelError naming the template, its line and what was expected.
    """
    return _render("plain.html.j2", language=page.language, page=page)


def _render(template: str, *, language: str, **values: object) -> str:
    words = load_wording(language)
    try:
        page = _environment().get_template(template)
        return page.render(say=words.say, count=words.count, language=language, **values)
    except jinja2.TemplateSyntaxError as error:
        raise ModelError(
            "A template is not well formed.",
            where=f"reports/templates/{error.name}, line {error.lineno}",
            found=error.message or "",
            todo="correct the line; the last good page stays where it is",
        ) from None
    except jinja2.UndefinedError as error:
        raise ModelError(
            "A template asks for something that a report does not have.",
            where=f"reports/templates/{template}",
            expected="names of pipelines/reporting/model.py",
            found=error.message or "",
            todo="correct the name; the last good page stays where it is",
        ) from None


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["sizes"] = SIZES
    environment.globals["fold_from"] = FOLD_FROM
    environment.globals["style"] = _style()
    environment.globals["script"], environment.globals["script_hash"] = _script()
    # A page without a glossary of its own prints its texts as they are.
    environment.globals["explain"] = escape
    environment.filters["stored"] = stored
    environment.filters["drawing"] = _drawing
    environment.filters["spark"] = _spark
    environment.filters["css_text"] = _css_text
    return environment


def _style() -> Markup:
    """The style sheets of the project, as they stand: they hold no data."""
    sheets = ("tokens.css", "page.css")
    folder = REPORTS_FOLDER / "static"
    return Markup("\n".join((folder / sheet).read_text(encoding="utf-8") for sheet in sheets))


def _script() -> tuple[Markup, str]:
    """The one script, and the hash by which a page's policy allows it and nothing else."""
    text = (REPORTS_FOLDER / "static" / "tables.js").read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).digest()
    return Markup(text), f"sha256-{base64.b64encode(digest).decode()}"


def _drawing(chart: Chart, size: Size) -> Markup:
    # Vega escapes the texts that it draws, and the label is escaped where it is written.
    return Markup(svg(chart, size))


def _spark(trend: Trend) -> Markup:
    return Markup(sparkline(trend))


def _css_text(text: str) -> Markup:
    """A text as a CSS string; every character that could end it is written by its number."""
    safe = "".join(
        # The space after a number belongs to it.
        character if character.isalnum() or character in " .,·-" else f"\\{ord(character):06x} "
        for character in text
    )
    return Markup(f'"{safe}"')
