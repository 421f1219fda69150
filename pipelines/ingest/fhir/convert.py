"""A FHIR delivery becomes canonical tables, in the order in which they need each other."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from pipelines.engine import Engine
from pipelines.files import private_folder
from pipelines.ingest.fhir.answers import make_meanings, read_questionnaires
from pipelines.ingest.fhir.clinical import make_diagnoses, make_groups
from pipelines.ingest.fhir.episodes import find_last_day, make_episodes
from pipelines.ingest.fhir.model import (
    EPISODE_RULE,
    ConvertedTable,
    FhirConversion,
    FhirFile,
    FhirOptions,
    LoincMeaning,
)
from pipelines.ingest.fhir.observations import make_observation_acts
from pipelines.ingest.fhir.outcome import (
    converted_tables,
    exclude_what_is_left,
    find_findings,
    write_out_of_scope,
)
from pipelines.ingest.fhir.people import make_clients, make_therapists
from pipelines.ingest.fhir.questionnaires import make_questionnaire_answers
from pipelines.ingest.fhir.reading import in_fixed_order, load
from pipelines.ingest.fhir.references import find_practitioners, resolve_references
from pipelines.ingest.fhir.responses import make_responses
from pipelines.ingest.fhir.visits import make_sessions, make_visits


def convert(
    files: Sequence[FhirFile],
    *,
    options: FhirOptions,
    out_dir: Path,
    loinc: Mapping[str, LoincMeaning],
    answers: Mapping[str, Decimal],
    run: Callable[[Engine, ConvertedTable], object],
) -> FhirConversion:
    """Make canonical tables of the delivery's files and say what became of every line.

    `run` gets each table while it lies in the engine, where reading it is cheapest; `out_dir` the
    lines that gave no row.

    The files of one delivery belong together: conditional references, derived episodes and folded
    Observations need all of them. `loinc` says which codes are an instrument's items, totals and
    panels, `answers` how many points a LOINC answer code is.

    Raises: DeliveryError if a file cannot be read at all.
    """
    private_folder(out_dir)
    with (
        tempfile.TemporaryDirectory(prefix=".fhir-", dir=out_dir) as folder,
        Engine(scratch=Path(folder) / "spill", time_zone=options.time_zone) as engine,
    ):
        make_meanings(engine, loinc=loinc, answers=answers)
        load(engine, in_fixed_order(files), scratch=Path(folder))
        read_questionnaires(engine)
        resolve_references(engine)
        find_practitioners(engine)
        make_visits(engine, options)
        find_last_day(engine, options)
        is_derived = make_episodes(engine, options)
        make_sessions(engine)
        make_questionnaire_answers(engine)
        make_observation_acts(engine)
        make_responses(engine)
        make_diagnoses(engine)
        make_groups(engine)
        make_clients(engine)
        make_therapists(engine)
        exclude_what_is_left(engine)
        tables = converted_tables(engine)
        for table in tables:
            run(engine, table)
        return FhirConversion(
            tables=tables,
            out_of_scope=write_out_of_scope(engine, out_dir),
            findings=find_findings(engine),
            episodes_derived=is_derived,
            episode_rule=EPISODE_RULE.format(days=options.episode_gap_days) if is_derived else None,
        )
