"""Sheets of an Excel workbook as rows of text, numbered as Excel numbers them.

A formula gives the value that was last computed. A whole number has no decimal places, a date is
ISO 8601, a truth value `true` or `false`.
"""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import python_calamine

from pipelines.errors import DeliveryError

WORKBOOK_SIGNATURE = b"PK\x03\x04"
MAX_UNPACKED_BYTES = 4 << 30
MAX_RATIO = 300
BYTES_BEFORE_RATIO = 64 << 20
# Excel itself shows fifteen digits, so that 0.1 + 0.2 is 0.3.
_DIGITS = ".15g"
_EXACT = 1e15
_UNREADABLE = (
    python_calamine.CalamineError,
    python_calamine.PasswordError,
    python_calamine.XmlError,
    python_calamine.ZipError,
    zipfile.BadZipFile,
    OSError,
)


@dataclass(frozen=True)
class SheetName:
    """A sheet of a workbook; a hidden one is never read."""

    name: str
    is_hidden: bool


def is_workbook(path: Path) -> bool:
    """Whether the file is an Office workbook by its bytes, whatever its name says."""
    with path.open("rb") as handle:
        if handle.read(4) != WORKBOOK_SIGNATURE:
            return False
    try:
        with zipfile.ZipFile(path) as opened:
            return any(name.startswith("xl/workbook") for name in opened.namelist())
    except zipfile.BadZipFile:
        return False


def sheet_names(path: Path, file_name: str) -> list[SheetName]:
    """The sheets with cells, in the workbook's order.

    Raises: DeliveryError when the workbook cannot be opened.
    """
    with _opened(path, file_name) as workbook:
        return [
            SheetName(each.name, each.visible != python_calamine.SheetVisibleEnum.Visible)
            for each in workbook.sheets_metadata
            if each.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]


def sheet_rows(path: Path, file_name: str, sheet: str) -> Iterator[tuple[int, list[str | None]]]:
    """The rows that have a cell at all, each with its number.

    Raises: DeliveryError when the workbook cannot be read.
    """
    with _opened(path, file_name) as workbook:
        for number, row in enumerate(workbook.get_sheet_by_name(sheet).iter_rows(), start=1):
            cells = [cell_text(value) for value in row]
            if any(cell is not None for cell in cells):
                yield number, cells


def cell_text(value: object) -> str | None:
    """A cell as the text that a CSV export of it would hold; None where it is empty."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        is_whole = abs(value) < _EXACT and value.is_integer()
        return str(int(value)) if is_whole else format(value, _DIGITS)
    if isinstance(value, datetime):
        # Excel keeps a moment as a fraction of days, which is not exact to the microsecond.
        moment = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
        return moment.date().isoformat() if moment.time() == time() else moment.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.replace(microsecond=0).isoformat()
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    return str(value)


@contextmanager
def _opened(path: Path, file_name: str) -> Iterator[python_calamine.CalamineWorkbook]:
    try:
        _refuse_bomb(path, file_name)
        with python_calamine.CalamineWorkbook.from_path(str(path)) as workbook:
            yield workbook
    except _UNREADABLE as error:
        is_locked = isinstance(error, python_calamine.PasswordError)
        raise DeliveryError(
            "The workbook cannot be read.",
            where=file_name,
            expected="a whole Excel workbook (.xlsx) without a password",
            found="one with a password" if is_locked else "damaged or missing parts",
            todo="save it again as .xlsx, without a password, or save each sheet as CSV",
        ) from None


def _refuse_bomb(path: Path, file_name: str) -> None:
    with zipfile.ZipFile(path) as opened:
        n_bytes = sum(member.file_size for member in opened.infolist())
    limit = min(MAX_UNPACKED_BYTES, max(BYTES_BEFORE_RATIO, MAX_RATIO * path.stat().st_size))
    if n_bytes > limit:
        raise DeliveryError(
            "The workbook unpacks to far more than an export would.",
            where=file_name,
            expected=f"at most {MAX_RATIO} times its own size and {MAX_UNPACKED_BYTES >> 30} GB",
            found="more",
            todo="save the sheets as CSV files",
        )
