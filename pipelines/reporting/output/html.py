"""Reports as self-contained HTML pages: one file each, nothing fetched, readable without scripts.

Templates loop and print. What they print is in the report; the few fixed words around it are in
the catalogue of words.
"""

import base64
import hashlib
import traceback
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from pipelines.errors import ModelError
from pipelines.report_settings import OURS, ReportSettings
from pipelines.reporting.model import Chart, Page, Report, Trend, stored
from pipelines.reporting.output.charts import svg
from pipelines.reporting.output.drawings.marks import SIZES, Size
from pipelines.reporting.output.drawings.sparkline import sparkline
from pipelines.reporting.terms import Explainer, linked
from pipelines.reporting.wording import Wording, load_wording
from pipelines.reporting.write import IndexEntry

REPORTS_FOLDER = Path(__file__).parents[3] / "reports"
TEMPLATE_FOLDER = REPORTS_FOLDER / "templates"
# A table of more rows than this is folded, so that a page is no wall of figures.
FOLD_FROM = 10
# What an expression of a template may run into beside a name that is not there.
_OF_EXPRESSIONS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def render_month(report: Report, look: ReportSettings = OURS) -> str:
    """The page of one month for one audience, as `look` says.

    Raises: ModelError naming the template, its line and what was expected.
    """
    explain = Explainer(report).explain
    page = _render(
        "month.html.j2", look, language=report.head.language, report=report, explain=explain
    )
    if look.templates is not None and escape(report.head.state_words) not in page:
        raise ModelError(
            "A template leaves out whether the report is released.",
            where=str(look.templates),
            expected="report.head.state_words on the page, as ours/_head.html.j2 has it",
            found="a page without it",
            todo="print it; the last good page stays where it is",
        )
    return page


def render_index(
    entries: Sequence[IndexEntry], *, clinic: str = "", stopped: str = "", language: str = "en"
) -> str:
    """The page that leads to all months and versions, newest first.

    `stopped` says why the last run published nothing, where it did not.

    Raises: ModelError naming the template, its line and what was expected.
    """
    name = clinic or (entries[0].clinic if entries else "")
    words = load_wording(language)
    looks = [_looks(entry, words) for entry in entries]
    return _render(
        "index.html.j2", OURS, language=language, entries=entries, clinic=name, stopped=stopped,
        looks=looks,
    )  # fmt: skip


def _looks(entry: IndexEntry, words: Wording) -> str:
    """How much asks for a look, by kind; empty where nothing does.

    A report of an earlier version of the program may have kinds that no longer have words.
    """
    if not entry.to_look_at:
        return ""
    keys = [f"look.more_kinds.{kind}" for kind in dict.fromkeys(entry.to_look_at)]
    listed = words.listed([words.say(key) for key in keys if words.has(key)])
    n = len(entry.to_look_at)
    if not listed:
        return words.say("page.to_look_at_counted", n=n)
    return words.say("page.to_look_at", n=n, listed=listed)


def render_page(page: Page, look: ReportSettings = OURS) -> str:
    """A page of sections alone.

    Raises: ModelError naming the template, its line and what was expected.
    """
    return _render("plain.html.j2", look, language=page.language, page=page)


def _render(template: str, look: ReportSettings, *, language: str, **values: object) -> str:
    words = load_wording(language)
    try:
        page = _environment(look.templates).get_template(template)
        return page.render(
            say=words.say,
            count=words.count,
            language=language,
            own_style=_own_style(look),
            logo=look.logo.address if look.logo else "",
            **values,
        )
    except jinja2.TemplateSyntaxError as error:
        raise ModelError(
            "A template is not well formed.",
            where=f"{_shown(error.filename, error.name)}, line {error.lineno}",
            found=error.message or "",
            todo="correct the line; the last good page stays where it is",
        ) from None
    except (jinja2.TemplateError, *_OF_EXPRESSIONS) as error:
        # What a foreign expression ran into may quote a value: only its kind is told.
        told = error.message if isinstance(error, jinja2.TemplateError) else type(error).__name__
        raise ModelError(
            "A template asks for something that a report does not have.",
            where=_line_of(error, template),
            expected="names of pipelines/reporting/model.py",
            found=told or "",
            todo="correct the line; the last good page stays where it is",
        ) from None


def _line_of(error: BaseException, template: str) -> str:
    """The innermost line of a template that an error went through."""
    lines = [
        f"{_shown(frame.filename, None)}, line {frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.endswith(".j2")
    ]
    return lines[-1] if lines else f"reports/templates/{template}"


def _shown(file: str | None, name: str | None) -> str:
    """A template's file: ours by its place in the project, a clinic's own by its path."""
    path = Path(file) if file else TEMPLATE_FOLDER / (name or "")
    return f"reports/templates/{path.name}" if path.parent == TEMPLATE_FOLDER else str(path)


def _own_style(look: ReportSettings) -> Markup:
    """The clinic's colours; the settings let through nothing but `#rrggbb`."""
    rules = []
    if look.accent:
        rules.append(f":root {{ --accent: {look.accent}; }}")
    if look.accent_dark:
        dark = f":root {{ --accent: {look.accent_dark}; }}"
        rules.append(f"@media screen and (prefers-color-scheme: dark) {{ {dark} }}")
    return Markup("\n".join(rules))


@cache
def _environment(own: Path | None) -> jinja2.Environment:
    """Our templates, behind those of the clinic: hers may extend ours as `ours/<name>`.

    Hers run in a sandbox, as nobody of ours has read them: they see the report, the words and
    nothing else. Ours do without, which halves the time that a page takes.
    """
    ours = jinja2.FileSystemLoader(TEMPLATE_FOLDER)
    loaders: list[jinja2.BaseLoader] = [jinja2.FileSystemLoader(own)] if own else []
    kind = ImmutableSandboxedEnvironment if own else jinja2.Environment
    environment = kind(
        loader=jinja2.ChoiceLoader([*loaders, ours, jinja2.PrefixLoader({"ours": ours})]),
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
    environment.globals["linked"] = linked
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
    # Every text of a drawing is escaped where it is written.
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
