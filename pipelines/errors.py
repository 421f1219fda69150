"""Every error a user can meet, each with where, what was expected, what was found, what to do.

    OutcomesError            exit code 3: something of ours broke
    ├── UsageError           2: the command was used wrongly
    ├── DataError            1: the data needs attention
    │   ├── SettingsError      clinic.toml does not say what it must
    │   ├── DeliveryError      a delivered file cannot be taken or read
    │   ├── ContractError      a contract file, or a file that does not fit its contract
    │   ├── InstrumentError    an instrument file of the catalogue
    │   ├── LostRowsError      a full delivery lost more rows than the clinic allows
    │   ├── TooMuchQuarantineError  more of a delivery was turned away than may be
    │   └── CheckFailedError   a built table breaks a blocking check
    ├── JudgesDisagreeError  the two judges of a contract counted differently
    ├── ModelError           a SQL model, macro or template of ours is wrong
    ├── MemoryFullError      a query needs more memory, or more disk for it, than there is
    └── BusyError            another writer holds the home's lock

No message may hold a client's value: rows are named by file and line, cells by column.
"""


class OutcomesError(Exception):
    """Base of all errors; prints as one paragraph that says what to do next."""

    exit_code = 3

    def __init__(
        self,
        message: str,
        *,
        where: str = "",
        expected: str = "",
        found: str = "",
        todo: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.expected = expected
        self.found = found
        self.todo = todo

    def __str__(self) -> str:
        parts = [self.message]
        for label, text in (
            ("where", self.where),
            ("expected", self.expected),
            ("found", self.found),
            ("what to do", self.todo),
        ):
            if text:
                parts.append(f"  {label}: {text}")
        return "\n".join(parts)


class UsageError(OutcomesError):
    """The command was used wrongly."""

    exit_code = 2


class DataError(OutcomesError):
    """The data needs attention before the figures can be trusted."""

    exit_code = 1


class SettingsError(DataError):
    """The home's clinic.toml does not say what it must."""


class DeliveryError(DataError):
    """A delivered file cannot be taken or read."""


class ContractError(DataError):
    """A contract file is wrong, or a file does not fit its contract at all."""


class InstrumentError(DataError):
    """An instrument file of the catalogue is wrong."""


class LostRowsError(DataError):
    """A full delivery no longer holds more of a table's keys than the clinic allows."""


class TooMuchQuarantineError(DataError):
    """So many rows of a delivery were turned away that nothing is made from the rest."""


class CheckFailedError(DataError):
    """A built table breaks a check that nothing may be published without."""


class JudgesDisagreeError(OutcomesError):
    """The compiled row rules and Great Expectations counted differently on the same rows."""


class ModelError(OutcomesError):
    """A SQL model, macro or template of this project is wrong."""


class MemoryFullError(OutcomesError):
    """A query needs more memory than it may take, or more disk for the rest than is free."""


class BusyError(OutcomesError):
    """Another writer holds the home's lock."""
