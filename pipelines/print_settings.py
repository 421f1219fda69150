"""What `clinic.toml` says of printing: `[print]`."""

from dataclasses import dataclass

from pipelines.errors import SettingsError
from pipelines.toml_sections import Sections

PAPERS = ("a4", "letter")
NOTHING = "none"


@dataclass(frozen=True)
class PrintSettings:
    """The sheet that the PDFs are made for; None where the clinic wants no PDFs."""

    paper: str | None = "a4"

    @property
    def digest_text(self) -> str:
        """Changes with every setting."""
        return repr(self)


def read_print_settings(reader: Sections) -> PrintSettings:
    """The settings in `[print]`.

    Raises: SettingsError when the paper is none that we print on.
    """
    section = reader.section("print")
    paper = section.take("paper", str, "a4").lower()
    section.refuse_leftovers()
    if paper == NOTHING:
        return PrintSettings(paper=None)
    if paper not in PAPERS:
        raise SettingsError(
            "The paper is not known.",
            where=f"{section.path}, [{section.name}] paper",
            expected=" or ".join((*PAPERS, NOTHING)),
            found=paper,
            todo="correct the word",
        )
    return PrintSettings(paper=paper)
