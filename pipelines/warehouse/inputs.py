"""Everything that a home's figures depend on, as one fingerprint."""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

from pipelines.files import sha256_file, sha256_text
from pipelines.home import Home
from pipelines.ingest.manifest import Delivery, deliveries

ROOT = Path(__file__).parents[2]
ENGINES = (
    "duckdb",
    "polars",
    "great-expectations",
    "jinja2",
    "typst",
    "font-source-sans-pro",
    "xlsxwriter",
    "numpy",
    "scipy",
    "statsmodels",
)


@cache
def code_fingerprint() -> str:
    """Changes with our code, SQL, contracts, catalogue, templates, and the libraries that count."""
    patterns = ("pipelines/**/*.py", "sql/**/*.sql", "data_contracts/**/*.*", "reports/**/*.*")
    files = sorted({path for pattern in patterns for path in ROOT.glob(pattern)})
    return sha256_text(
        *(f"{path.relative_to(ROOT)} {sha256_file(path)}" for path in files),
        *(f"{name} {version(name)}" for name in ENGINES),
    )


def inputs_fingerprint(home: Home, landed: Sequence[Delivery] | None = None) -> str:
    """Changes when a run would have something to do: deliveries, settings or code.

    `landed` are the deliveries that a run has worked on; by default all that there are now.
    """
    return sha256_text(
        code_fingerprint(),
        home.settings.digest,
        *(delivery.delivery_id for delivery in (deliveries(home) if landed is None else landed)),
    )
