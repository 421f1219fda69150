"""Typst, set so that the same data give the same PDF on every machine.

Only fonts of pinned packages are used: three files of Source Sans Pro, and what Typst brings for
the characters that those lack. No package of Typst's own is fetched, and no clock is read.
"""

import atexit
import json
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import typst

from pipelines.errors import ModelError

PRINT_FOLDER = Path(__file__).parents[3] / "reports" / "print"
# The first that has a character draws it.
FONTS = ("Source Sans Pro", "DejaVu Sans Mono", "Libertinus Serif", "New Computer Modern Math")
# The package has each font twice, as .ttf and .otf; which one a folder gives first is chance.
FONT_FILES = ("SourceSansPro-Regular.ttf", "SourceSansPro-It.ttf", "SourceSansPro-Semibold.ttf")
STANDARD = "ua-1"
# What Typst says of a character that no font has.
_NO_GLYPH = "could not be displayed"


def typeset(template: str, content: Mapping[str, Any]) -> bytes:
    """What a file of `reports/print/` makes of its data, as PDF/UA-1.

    Raises: ModelError naming the line of the template when it cannot be set.
    """
    try:
        return _compile(template, page=content)
    except typst.TypstError as error:
        raise _not_printed(template, error) from None


def can_be_drawn(text: str) -> bool:
    """Whether the fonts have all that this text needs, as Typst itself judges it."""
    try:
        _compile("probe.typ", text=text, fonts=FONTS)
    except typst.TypstError as error:
        if _NO_GLYPH not in error.message:
            raise _not_printed("probe.typ", error) from None
        return False
    return True


def _compile(template: str, **inputs: Any) -> bytes:
    given = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in inputs.items()
    }
    made = _compiler(template).compile(format="pdf", pdf_standards=STANDARD, sys_inputs=given)
    assert isinstance(made, bytes)
    return made


def _not_printed(template: str, error: typst.TypstError) -> ModelError:
    quotes_text = _NO_GLYPH in error.message
    return ModelError(
        "A page cannot be printed.",
        where=f"reports/print/{template}",
        expected="a page that keeps to PDF/UA-1",
        # Of a character without a glyph Typst quotes the text, which may be somebody's name.
        found="a character that no font has" if quotes_text else error.diagnostic,
        todo="correct the template; the last good page stays where it is",
    )


@cache
def _compiler(template: str) -> typst.Compiler:
    return typst.Compiler(
        input=PRINT_FOLDER / template,
        root=PRINT_FOLDER,
        font_paths=_fonts(),
        ignore_system_fonts=True,
    )


@cache
def _fonts() -> typst.Fonts:
    folder = Path(tempfile.mkdtemp(prefix="outcomes-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    source = files("font_source_sans_pro") / "files"
    for name in FONT_FILES:
        with as_file(source / name) as path:
            shutil.copyfile(path, folder / name)
    return typst.Fonts(include_system_fonts=False, font_paths=[folder])
