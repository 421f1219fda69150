"""Who hears what a run is doing right now; nobody, unless a terminal asks to."""

from collections.abc import Callable
from contextvars import ContextVar


def _ignore(_: str) -> None:
    """Say nothing."""


listener: ContextVar[Callable[[str], None]] = ContextVar("listener", default=_ignore)
"""Hears short texts such as `building mart_outcomes`: names of tables and dates, never values."""


def say(text: str) -> None:
    """Tell whoever listens."""
    listener.get()(text)
