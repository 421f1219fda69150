"""The colours of the reports, read from where they are written: `reports/static/tokens.css`."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

TOKEN_FILE = Path(__file__).parents[3] / "reports" / "static" / "tokens.css"


@cache
def paper_colours() -> Mapping[str, str]:
    """Name → colour (`#rrggbb`) as they are on paper: those of the first, light block."""
    first_block = TOKEN_FILE.read_text(encoding="utf-8").partition("}")[0]
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{6});", first_block))
