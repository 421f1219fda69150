"""What a clinic changes about its reports: `[report]` of `clinic.toml`, and its own templates.

Sections come in the clinic's order or not at all, texts of its own stand where it wants them, and
its colour and its logo are its own. What a figure is, and how it was counted, is not the clinic's
to leave out.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import SettingsError
from pipelines.files import sha256_file
from pipelines.report_logo import Logo, read_logo
from pipelines.toml_sections import Section, Sections

TEMPLATES_FOLDER = "templates"
# The parts of a page that a clinic may move or leave out.
SECTIONS = (
    "population", "domains", "outcomes", "path", "recovery", "claims", "people", "equity", "care",
    "course", "work", "measures", "trust",
)  # fmt: skip
# The countries whose published rates and standards a page may set the clinic beside.
ENGLAND, UNITED_STATES = COUNTRIES = ("england", "united_states")
LEAST_CONTRAST = 4.5
# Paper in the light and in the dark, as tokens.css has them; a test holds the two together.
PAPERS = {"accent": "#ffffff", "accent_dark": "#14171a"}
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class OwnText:
    """A section of the clinic's own words, which stands before another one, or last."""

    title: str
    text: str
    before: str


@dataclass(frozen=True)
class ReportSettings:
    """The look of a clinic's reports.

    `first`: sections in the clinic's order, the others after them; `hidden`: those left out;
    `countries`: whose published rates and standards are shown;
    `accent`, `accent_dark`: colours of links and drawings, "" for ours; `logo`: None for none;
    `templates`: the clinic's folder of templates, None where it has none; `months`: of how many of
    the newest complete months a run writes reports.
    """

    first: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    countries: tuple[str, ...] = COUNTRIES
    texts: tuple[OwnText, ...] = ()
    accent: str = ""
    accent_dark: str = ""
    logo: Logo | None = None
    templates: Path | None = None
    months: int = 1

    @property
    def digest_text(self) -> str:
        """Changes with every setting of a page's look and every byte of the clinic's templates."""
        own = sorted(self.templates.glob("*.j2")) if self.templates else []
        files = [(path.name, sha256_file(path)) for path in own]
        logo = self.logo.digest if self.logo else ""
        settings = [self.first, self.hidden, self.texts, self.accent, self.accent_dark, logo]
        return repr([settings, self.countries, files])


# What a clinic has that changes nothing.
OURS = ReportSettings()


def read_report_settings(sections: Sections) -> ReportSettings:
    """The settings in `[report]`.

    Raises: SettingsError naming the key, what it must be, and what to do.
    """
    section = sections.section("report")
    entries = section.take("texts", list, [])
    templates = sections.path.parent / TEMPLATES_FOLDER
    found = ReportSettings(
        first=_ids(section, "first"),
        hidden=_ids(section, "hidden"),
        countries=_countries(section),
        texts=tuple(
            _text(Section(section.path, f"report.texts number {number}", entry))
            for number, entry in enumerate(entries, start=1)
        ),
        accent=_colour(section, "accent"),
        accent_dark=_colour(section, "accent_dark"),
        logo=_logo(section),
        templates=templates if templates.is_dir() else None,
        months=section.take_number("months", int, 1, least=1),
    )
    section.refuse_leftovers()
    return found


def contrast(one: str, other: str) -> float:
    """The contrast of two colours `#rrggbb`, from 1 to 21.

    Source: WCAG 2.2, relative luminance and contrast ratio; black on white is 21.
    """
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _colour(section: Section, key: str) -> str:
    colour = section.take(key, str, "")
    if not colour:
        return ""
    where = f"{section.path}, [{section.name}] {key}"
    if not _COLOUR.fullmatch(colour):
        raise SettingsError(
            "A colour is not written as one.",
            where=where,
            expected='"#rrggbb", such as "#1f4e79"',
            found="another text",
            todo="correct the line",
        )
    ratio = contrast(colour, PAPERS[key])
    if ratio < LEAST_CONTRAST:
        raise SettingsError(
            "A colour is too close to the paper to be read.",
            where=where,
            expected=f"a contrast of {LEAST_CONTRAST} : 1 with {PAPERS[key]} at least",
            found=f"{ratio:.2f} : 1",
            todo="take a darker colour for light paper, a lighter one for dark",
        )
    return colour


def _logo(section: Section) -> Logo | None:
    name = section.take("logo", str, "")
    where = f"{section.path}, [{section.name}] logo"
    return read_logo(section.path.parent / name, where=where) if name else None


def _ids(section: Section, key: str) -> tuple[str, ...]:
    names = section.take(key, list, [])
    _require_sections(section, key, names)
    return tuple(names)


def _countries(section: Section) -> tuple[str, ...]:
    names = section.take("countries", list, list(COUNTRIES))
    if unknown := [name for name in names if name not in COUNTRIES]:
        raise SettingsError(
            "A country is not one whose rules this report has.",
            where=f"{section.path}, [{section.name}] countries",
            expected="a list of " + " and ".join(f'"{name}"' for name in COUNTRIES),
            found=", ".join(map(str, unknown)),
            todo="correct the line; an empty list shows neither",
        )
    return tuple(names)


def _text(section: Section) -> OwnText:
    found = OwnText(
        title=section.take("title", str).strip(),
        text=section.take("text", str).strip(),
        before=section.take("before", str, ""),
    )
    if found.before:
        _require_sections(section, "before", [found.before])
    section.refuse_leftovers()
    return found


def _require_sections(section: Section, key: str, names: list[object]) -> None:
    unknown = [str(name) for name in names if name not in SECTIONS]
    if unknown or len(set(map(str, names))) < len(names):
        raise SettingsError(
            "A section of the report cannot be moved or left out.",
            where=f"{section.path}, [{section.name}] {key}",
            expected=f"each once, of {', '.join(SECTIONS)}",
            found=", ".join(unknown) or "one of them twice",
            todo="correct the names; how figures are counted always stays on the page",
        )
