"""A clinic's logo: which files are taken, and that each is one picture on a screen and on paper."""

import struct
import zlib
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pipelines.errors import SettingsError
from pipelines.report_logo import LARGEST_BYTES, Logo, read_logo

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="20" height="10"/></svg>'


def png(width: int, height: int) -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\x00" + b"\x40" * width) * height)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def read(folder: Path, content: bytes) -> Logo:
    path = folder / "logo"
    path.write_bytes(content)
    return read_logo(path, where="clinic.toml, [report] logo")


@pytest.mark.parametrize(("content", "kind"), [(SVG, "svg+xml"), (png(30, 12), "png")])
def test_a_picture_is_an_address_for_pages_and_svg_for_paper(
    tmp_path: Path, content: bytes, kind: str
) -> None:
    logo = read(tmp_path, content)
    assert logo.address.startswith(f"data:image/{kind};base64,")
    root = ElementTree.fromstring(logo.svg)
    assert (root.attrib["width"], root.attrib["height"]) == (("20", "10") if kind != "png" else ("30", "12"))  # fmt: skip


def test_every_byte_counts_for_whether_pages_are_written_anew(tmp_path: Path) -> None:
    assert read(tmp_path, SVG).digest != read(tmp_path, SVG.replace(b'"20"', b'"21"')).digest


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "no picture that a page can carry"),
        (b"GIF89a", "no picture that a page can carry"),
        (png(30, 12)[:20], "no picture that a page can carry"),
        (png(30, 12)[:-4], "no picture that a page can carry"),
        (SVG[:-3], "no picture that a page can carry"),
        (b"<html></html>", "no picture that a page can carry"),
        (SVG.decode().encode("utf-16"), "no picture that a page can carry"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG, "without a document type"),
        (SVG.ljust(LARGEST_BYTES + 1), f"found: {LARGEST_BYTES + 1:,} bytes"),
    ],
)
def test_what_is_no_picture_is_refused_and_the_setting_named(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    with pytest.raises(SettingsError, match=expected) as told:
        read(tmp_path, content)
    assert "[report] logo" in str(told.value)


def test_a_picture_may_be_as_large_as_is_said(tmp_path: Path) -> None:
    assert len(read(tmp_path, SVG.ljust(LARGEST_BYTES)).content) == LARGEST_BYTES


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="There is no such logo"):
        read_logo(tmp_path / "logo.svg", where="clinic.toml, [report] logo")
