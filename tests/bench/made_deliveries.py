"""The deliveries that `make bench BENCH=ingest` reads: made up, of any size, nobody's data."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

ITEMS = 9
_ITEM_CODES = (
    "['44250-9', '44255-8', '44259-0', '44254-1', '44251-7', '44258-2', '44252-5', '44253-3',"
    " '44260-8']"
)
_ANSWER_CODES = "['LA6568-5', 'LA6569-3', 'LA6570-1', 'LA6571-9']"
_RESPONSES = """
    select printf('R%08d', n) as response_id, printf('C%06d', n % 200000) as client_id,
        'phq9' as instrument_id,
        strftime(timestamp '2024-01-01' + to_minutes(n // 200000 * 20000 + n % 9000),
            '%Y-%m-%dT%H:%M:%S') as administered_at,
        'client' as respondent, (n * 7 + 3) % 28 as total_score
    from range({responses}) as numbers(n)"""
ANSWERS = f"""
    select printf('R%08d', n // {ITEMS}) as response_id, n % {ITEMS} + 1 as item,
        case when n % 97 = 0 then null else (n * 7 + n // {ITEMS}) % 4 end as value
    from range({{responses}} * {ITEMS}) as numbers(n)"""
_OBSERVATIONS = """
    select 'Observation' as resourceType, printf('O%08d', n) as id, 'final' as status,
        {'coding': [{'system': 'http://loinc.org', 'code': '44261-6'}]} as code,
        {'reference': printf('Patient/C%06d', n % 200000)} as subject,
        strftime(timestamp '2024-01-01' + to_minutes(n % 900000), '%Y-%m-%dT%H:%M:%SZ')
            as effectiveDateTime,
        (n * 7 + 3) % 28 as valueInteger
    from range({observations}) as numbers(n)"""
_FORMS = f"""
    select 'QuestionnaireResponse' as resourceType, printf('Q%08d', n) as id,
        'completed' as status, 'http://loinc.org/q/44249-1' as questionnaire,
        {{'reference': printf('Patient/C%06d', n % 200000)}} as subject,
        strftime(timestamp '2024-01-01' + to_minutes(n % 900000), '%Y-%m-%dT%H:%M:%SZ') as authored,
        [{{
            'linkId': '/' || {_ITEM_CODES}[i],
            'answer': [{{
                'valueCoding': {{
                    'system': 'http://loinc.org', 'code': {_ANSWER_CODES}[(n + i * 7) % 4 + 1]
                }}
            }}]
        }} for i in range(1, {ITEMS + 1})] as item
    from range({{forms}}) as numbers(n)"""
_OTHERS = {
    "clients": "select printf('C%06d', n) as client_id, date '2023-12-01' as registered_on"
    " from range(200000) as numbers(n)",
    "therapists": "select 'T1' as therapist_id, 'Example' as display_name,"
    " date '2020-01-01' as employed_from",
}


@dataclass(frozen=True)
class Sizes:
    """How much is made up."""

    answers: int
    observations: int

    @property
    def responses(self) -> int:
        """Whole forms."""
        return self.answers // ITEMS


def make(folder: Path, sizes: Sizes) -> None:
    """Write the deliveries: `csv/`, `fhir/`, and `odd/` for the tolerant reader."""
    for name in ("csv", "fhir", "odd"):
        (folder / name).mkdir(parents=True)
    with duckdb.connect() as connection:

        def write(select: str, path: Path, how: str = "(format csv, header)") -> None:
            connection.execute(f"copy ({select}) to '{path}' {how}")

        for table, select in _OTHERS.items():
            write(select, folder / "csv" / f"{table}.csv")
        write(_RESPONSES.format(responses=sizes.responses), folder / "csv" / "responses.csv")
        write(ANSWERS.format(responses=sizes.responses), folder / "csv" / "response_items.csv")
        odd = folder / "odd" / "response_items.csv"
        write(ANSWERS.format(responses=sizes.responses // 10), odd)
        observations = _OBSERVATIONS.replace("{observations}", str(sizes.observations))
        write(observations, folder / "fhir" / "Observation.ndjson", "(format json)")
        forms = _FORMS.replace("{forms}", str(sizes.observations // ITEMS))
        write(forms, folder / "fhir" / "QuestionnaireResponse.ndjson", "(format json)")
    with odd.open("ab") as handle:
        handle.write(b'"R-with\na line break",1,1\n')
