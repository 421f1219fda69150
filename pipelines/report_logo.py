"""A clinic's logo: one SVG or PNG file of its home, which every page and PDF carries in itself."""

import base64
import struct
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree

from pipelines.errors import SettingsError

# Each page holds it, and a clinic has hundreds of pages.
LARGEST_BYTES = 100_000
SVG, PNG = "svg+xml", "png"
_PNG_BEGINS = b"\x89PNG\r\n\x1a\n"
_PNG_ENDS = b"IEND\xaeB`\x82"
_PNG_SIZE = struct.Struct(">4x4sII")
_SVG_ROOT = "{http://www.w3.org/2000/svg}svg"


@dataclass(frozen=True)
class Logo:
    """A picture of the kind `svg+xml` or `png`."""

    kind: str
    content: bytes

    @cached_property
    def address(self) -> str:
        """The picture as an address that holds it, for a page."""
        return f"data:image/{self.kind};base64,{base64.b64encode(self.content).decode()}"

    @cached_property
    def svg(self) -> str:
        """The picture as an SVG file, for paper; one of pixels lies in a frame of its size."""
        if self.kind == SVG:
            return self.content.decode("utf-8-sig")
        _, width, height = _PNG_SIZE.unpack_from(self.content, len(_PNG_BEGINS))
        size = f'width="{width}" height="{height}"'
        picture = f'<image {size} href="{self.address}"/>'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{picture}</svg>'

    @property
    def digest(self) -> str:
        """Changes with every byte."""
        return sha256(self.content).hexdigest()


def read_logo(path: Path, *, where: str) -> Logo:
    """The logo in a file; `where` is the setting that names it.

    Raises: SettingsError if it is no such picture, or too large.
    """
    if not path.is_file():
        raise _refused(where, "There is no such logo.", "an SVG or PNG file in the clinic's folder",
                       "no such file", "put it there, or take the line out")  # fmt: skip
    content = path.read_bytes()
    if len(content) > LARGEST_BYTES:
        raise _refused(
            where, "A logo is too large for a page that carries it.",
            f"at most {LARGEST_BYTES:,} bytes", f"{len(content):,} bytes",
            "save it smaller; half the size in each direction is a quarter of the bytes",
        )  # fmt: skip
    if (
        content.startswith(_PNG_BEGINS)
        and content[12:16] == b"IHDR"
        and content.endswith(_PNG_ENDS)
    ):
        return Logo(PNG, content)
    if _is_svg(content):
        return Logo(SVG, content)
    raise _refused(
        where, "A logo is no picture that a page can carry.",
        "a PNG file, or a well-formed SVG file in UTF-8 without a document type",
        "something else", "export it once more as plain SVG or as PNG",
    )  # fmt: skip


def _is_svg(content: bytes) -> bool:
    # A document type may define names that grow without end when they are read.
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        return False
    try:
        return ElementTree.fromstring(content.decode("utf-8-sig")).tag == _SVG_ROOT
    except (ElementTree.ParseError, ValueError):
        return False


def _refused(where: str, what: str, expected: str, found: str, todo: str) -> SettingsError:
    return SettingsError(what, where=where, expected=expected, found=found, todo=todo)
