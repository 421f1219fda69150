"""Settled rows as staging tables: one build per table of the export, parents first.

Each build gives `stg_<table>` and four small tables that account for every delivered row:
`quarantine_<table>`, `counts_<table>`, `warnings_<table>` and `breaks_<table>`. They are joined
into `quarantine`, `stg_row_counts`, `stg_warning_counts` and `stg_rule_breaks`, which others read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

from pipelines.contracts import (
    answers,
    deletions,
    lost_rows,
    odd_answers,
    rule_breaks,
    settle,
    settle_answers,
    split_answers,
    turned_answers,
)
from pipelines.contracts import cross_rules as cross_rules_module
from pipelines.contracts.cross_rules import cross_rules
from pipelines.contracts.odcs import Contract
from pipelines.contracts.settle import CheckedFile
from pipelines.engine import Engine, functions_digest, quoted
from pipelines.errors import LostRowsError
from pipelines.files import sha256_file, sha256_text
from pipelines.home import Settings
from pipelines.warehouse import delivered_totals
from pipelines.warehouse.delivered_totals import SCORING_MODEL, compare_totals
from pipelines.warehouse.model_file import Model
from pipelines.warehouse.store import BuiltTable, Store

# What staging reads of the catalogue.
CATALOGUE_TABLES = (
    "ref_instruments",
    "ref_instrument_scales",
    "ref_instrument_items",
    "ref_score_tables",
)
# All that tells two rows of the quarantine apart: a table's bytes must not depend on ties.
QUARANTINE_ORDER = "delivered_on, file_id, delivery_id, file_name, line, reasons, delivered_row"
EPISODE_OVERLAP = """
update raw_episodes set row_warnings = list_append(coalesce(row_warnings, []), 'episodes.overlap')
where row_status = 'accepted' and episode_id in (
    select episode_id
    from raw_episodes
    where row_status = 'accepted'
    qualify max(coalesce(ended_on, date '9999-12-31')) over (
        partition by client_id, programme_id order by referred_on, episode_id
        rows between unbounded preceding and 1 preceding
    ) > referred_on
)"""


@dataclass(frozen=True)
class StagingInputs:
    """All that staging depends on beside the tables it has already built."""

    contracts: Mapping[str, Contract]
    models: Mapping[str, Model]
    files: Mapping[str, Sequence[CheckedFile]]
    settings: Settings

    @property
    def delivered_tables(self) -> frozenset[str]:
        """Tables of which at least one file was ever delivered."""
        return frozenset(table for table, files in self.files.items() if files)

    def of(self, table: str) -> Sequence[CheckedFile]:
        """The files of one table, in the order of their deliveries."""
        return self.files.get(table, ())


def build_staging(
    table: str,
    inputs: StagingInputs,
    built: Mapping[str, BuiltTable],
    *,
    engine: Engine,
    store: Store,
) -> tuple[BuiltTable, ...]:
    """Build one table's staging and its accounts, or recall them when nothing changed.

    Answers are settled with their responses: `response_items` has accounts and no table.
    """
    contract = inputs.contracts[table]
    parts = [table, "response_items"] if table == "responses" else [table]
    parents = {f"stg_{parent}" for parent in staging_needs(table, inputs.contracts)}
    parents |= set(CATALOGUE_TABLES)
    if table == "responses" and inputs.settings.turned_instruments:
        parents.add("ref_turned_items")
    fingerprint = _fingerprint(parts, inputs, [built[name] for name in sorted(parents)])
    if known := store.recall(fingerprint):
        return known
    views = {name: store.path(name, built[name].content) for name in parents}
    engine.execute(f"set variable time_zone = {quoted(inputs.settings.time_zone)}")
    outputs: list[BuiltTable] = []

    def keep(name: str, sql: str, parameters: Mapping[str, object] | None = None) -> None:
        outputs.append(store.keep(name, engine_writer(engine, sql, parameters, where=name)))

    with engine.views(views):
        _settle(table, inputs, engine)
        files = inputs.of(table)
        if table == "responses":
            _settle_answers(inputs, engine, keep)
            settle.register_files(engine, files)
        model = inputs.models[f"stg_{table}"]
        keep(model.name, model.sql, staging_parameters(model, inputs.settings))
        keep(f"quarantine_{table}", _ordered(settle.quarantine_select(contract, files)))
        keep(f"counts_{table}", _counts(settle.counts_select(table), table, files))
        warnings = settle.warnings_select(table)
        keep(f"warnings_{table}", f"{warnings} order by file_id, delivery_id, rule_id")
        keep(f"breaks_{table}", rule_breaks.row_breaks(contract))
        _refuse_lost_rows(inputs, table, *lost_rows.lost_keys(engine, contract, files))
        engine.execute(f"drop table raw_{table}")
    store.remember(fingerprint, outputs)
    return tuple(outputs)


def _parents(table: str, contracts: Mapping[str, Contract]) -> set[str]:
    """Tables whose settled rows this table is judged against."""
    contract = contracts[table]
    needed = {
        column.references[0]
        for column in contract.columns
        if column.references is not None and column.references[0] != table
    }
    for rule in cross_rules(contract):
        needed |= rule.reads
    return needed


def staging_needs(table: str, contracts: Mapping[str, Contract]) -> set[str]:
    """Tables whose staging that of this table looks at; answers are staged with responses."""
    own = {table, "response_items"} if table == "responses" else {table}
    return {parent for part in own for parent in _parents(part, contracts)} - own


def staging_order(contracts: Mapping[str, Contract]) -> list[str]:
    """Tables that have a staging table, parents before children; ties go by name."""
    names = sorted(set(contracts) - {"response_items"})
    order: list[str] = []
    while len(order) < len(names):
        for name in names:
            if name not in order and _parents(name, contracts) & set(names) <= set(order):
                order.append(name)
                break
    return order


def _settle(table: str, inputs: StagingInputs, engine: Engine) -> None:
    """Leave `raw_<table>` and `delivered_files` in the engine."""
    contract, files = inputs.contracts[table], inputs.of(table)
    deletions.register_deletions(
        engine, contract, inputs.contracts["deletions"], inputs.of("deletions")
    )
    if table == "responses":
        _register_answers(inputs, engine)
    settle.register_files(engine, files)
    judged = settle.judged_select(contract, files, delivered_tables=inputs.delivered_tables)
    engine.execute(f"create or replace temp table judged_rows as {judged}", where=table)
    if contract.has("deletions.known"):
        deletions.find_unknown_deletions(engine, inputs.contracts, inputs.files)
        settle.add_errors(engine, "unknown_deletions")
    settle.settle_rows(engine, contract)
    if contract.has("responses.duplicate"):
        while settle_answers.find_duplicate_responses(engine):
            settle.add_errors(engine, "duplicate_responses")
            settle.settle_again(engine, contract, "duplicate_responses")
    engine.execute("drop table judged_rows")
    settle.empty_unknown_self_references(engine, contract)
    if contract.has("episodes.overlap"):
        engine.execute(EPISODE_OVERLAP)


def _register_answers(inputs: StagingInputs, engine: Engine) -> None:
    """Leave the folds, the broken answers and the deleted ones in the engine."""
    contract, files = inputs.contracts["response_items"], inputs.of("response_items")
    deletions.register_deletions(
        engine,
        contract,
        inputs.contracts["deletions"],
        inputs.of("deletions"),
        into="deleted_answers",
    )
    answers.register_folds(engine, files)
    turned_answers.register_turned_forms(
        engine, files, is_any=bool(inputs.settings.turned_instruments)
    )
    settle_answers.register_limits(engine, contract)
    settle_answers.register_broken_answers(engine, settle.checked_rows(contract, files))


def _settle_answers(
    inputs: StagingInputs, engine: Engine, keep: Callable[[str, str], None]
) -> None:
    """Settle `response_items`, give the responses their answers, and keep the accounts."""
    contract, files = inputs.contracts["response_items"], inputs.of("response_items")
    rows = settle.checked_rows(contract, files)
    settle.register_files(engine, files)
    has_parents = "responses" in inputs.delivered_tables and contract.has(
        "response_items.response_id.reference"
    )
    settle_answers.settle_answers(engine, responses_delivered=has_parents)
    settle_answers.settle_broken_answers(engine, rows)
    broken = settle.broken_select("response_items", files)
    engine.execute(
        "create or replace temp table bad_answers as"
        f" {settle_answers.bad_answers_select(engine, rows)} union all {broken}"
    )
    keep("quarantine_response_items", _ordered("select * from bad_answers"))
    keep("counts_response_items", _counts(settle_answers.ANSWER_COUNTS, "response_items", files))
    _refuse_lost_rows(inputs, "response_items", *lost_rows.lost_answers(engine, files))
    accepted = "(select * from raw_responses where row_status = 'accepted')"
    turned_answers.turn_back(engine, answers="settled_answers", responses=accepted)
    odd_answers.find_odd_answers(engine, contract, rows)
    keep("warnings_response_items", odd_answers.ODD_ANSWER_WARNINGS)
    breaks = rule_breaks.answer_breaks(contract, "bad_answers", odd_answers.ODD_ANSWER_REASONS)
    keep("breaks_response_items", breaks)
    engine.execute("drop table bad_answers")
    settle_answers.add_answers(engine)
    compare_totals(engine, inputs.contracts["responses"], inputs.models[SCORING_MODEL])


def _counts(counts: str, table: str, files: Sequence[CheckedFile]) -> str:
    """Counts of readable rows, and each file's unreadable ones as quarantined."""
    broken = [
        f"select {quoted(file.file_id)}, {quoted(file.delivery_id)}, {quoted(table)},"
        f" 'quarantined', {file.n_broken}"
        for file in files
        if file.n_broken > 0
    ]
    everything = " union all ".join([f"select * from ({counts}) as readable", *broken])
    return (
        "select file_id, delivery_id, table_name, row_status, cast(sum(n_rows) as bigint) as n_rows"
        f" from ({everything}) as counted"
        " group by file_id, delivery_id, table_name, row_status"
        " order by file_id, delivery_id, row_status"
    )


def _ordered(select: str) -> str:
    return f"select * from ({select}) as sent order by {QUARANTINE_ORDER}"


def engine_writer(
    engine: Engine, sql: str, parameters: Mapping[str, object] | None, *, where: str
) -> Callable[[Path], int]:
    """A writer for `Store.keep`: the select's rows as Parquet, and how many they are."""

    def write(path: Path) -> int:
        return engine.write_parquet(sql, path, parameters, where=where)

    return write


def staging_parameters(model: Model, settings: Settings) -> dict[str, object]:
    """The parameters a staging model names: the salt of pseudonyms and the clinic's time zone."""
    known = {"salt": settings.pseudonym_salt, "time_zone": settings.time_zone}
    return {name: known[name] for name in model.parameters}


def _fingerprint(parts: Sequence[str], inputs: StagingInputs, parents: Sequence[BuiltTable]) -> str:
    settings = inputs.settings
    own = [inputs.contracts[part].digest for part in parts]
    looked_at = inputs.files if "deletions" in parts else (*parts, "deletions")
    files = [
        f"{file.table} {file.checked} {file.delivery_rank} {file.file_rank} {file.is_full}"
        f" {file.delivery_id} {file.file_id} {file.file_name}"
        for part in looked_at
        for file in inputs.of(part)
    ]
    return sha256_text(
        code_digest(),
        inputs.models[f"stg_{parts[0]}"].digest,
        inputs.models[SCORING_MODEL].digest if "response_items" in parts else "",
        settings.time_zone,
        settings.pseudonym_salt,
        str(settings.max_lost_share),
        " ".join(sorted(inputs.delivered_tables)),
        *own,
        *files,
        *(f"{parent.table} {parent.content}" for parent in parents),
    )


@cache
def code_digest() -> str:
    """Changes with the code that settles rows, with the macros and with the engine."""
    modules = (
        settle.__file__,
        answers.__file__,
        settle_answers.__file__,
        split_answers.__file__,
        turned_answers.__file__,
        lost_rows.__file__,
        odd_answers.__file__,
        rule_breaks.__file__,
        deletions.__file__,
        cross_rules_module.__file__,
        delivered_totals.__file__,
        __file__,
    )
    return sha256_text(functions_digest(), *(sha256_file(Path(path)) for path in modules))


def _refuse_lost_rows(inputs: StagingInputs, table: str, lost: int, before: int) -> None:
    allowed = inputs.settings.max_lost_share
    # As a fraction of what the settings say: 0.29 * 100 is less than 29.
    if lost > Fraction(str(allowed)) * before:
        raise LostRowsError(
            "A full delivery no longer has many of the keys that counted before it.",
            where=f"table {table}, the latest full delivery",
            expected=f"at most {allowed:.0%} of {before} keys fewer",
            found=f"{lost} keys fewer",
            todo="if the export was cut short, land a complete one; if the rows are gone for good,"
            " raise [deliveries] max_lost_share in clinic.toml for one run",
        )
