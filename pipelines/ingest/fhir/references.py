"""References of every kind become `Type/id` where the delivery holds what they point at.

A conditional (`Practitioner?identifier=system|value`) or logical reference is looked up by
identifier, a `urn:uuid:` one by its place in the Bundle. One that finds nothing keeps its text, so
that the row that carries it is turned away as an orphan and says so.
"""

from pipelines.engine import Engine
from pipelines.ingest.fhir.structures import RESOURCE_TABLES

_IDENTIFIED = tuple(table for table in RESOURCE_TABLES.values() if "identifier" in table.parts)


def resolve_references(engine: Engine) -> None:
    """Rewrite the reference columns of all resource tables in place.

    Where two resources share an identifier, the smallest id is meant, so that the answer does not
    depend on the order of lines.
    """
    columns = [
        (table.name, name) for table in RESOURCE_TABLES.values() for name in table.references
    ]
    indirect = " union ".join(
        f"select {name} as key from {table}"
        f" where contains({name}, '?') or starts_with({name}, 'urn:')"
        for table, name in columns
    )
    engine.execute(f"create table indirect_keys as {indirect}")
    by_identifier = " union all ".join(
        f"select unnest(identifier_keys) as key, '{table.resource_type}/' || id as target_key"
        f" from {table.name}"
        for table in _IDENTIFIED
    )
    engine.execute(
        f"""
        create table resolved_keys as
        select key, min(target_key) as target_key
        from (
            {by_identifier}
            union all
            select key, target_key from full_urls
        ) as known
        where key in (select key from indirect_keys)
        group by key
        """
    )
    if engine.one("select count(*) from resolved_keys") == (0,):
        return
    for table, name in columns:
        engine.execute(
            f"update {table} set {name} = r.target_key from resolved_keys as r"
            f" where {table}.{name} = r.key"
        )


def find_practitioners(engine: Engine) -> None:
    """Make `therapist_keys`: whom a practitioner reference means, through roles.

    Shape:  one row per key in use; columns key, therapist_id.
    """
    engine.execute(
        """
        create table therapist_keys as
        with
        used_keys as (
            select practitioner_key as key from fhir_encounter
            union
            select practitioner_key from fhir_episode
            union
            select practitioner_key from fhir_group
            union
            select practitioner_key from fhir_role
        )

        select
            k.key,
            case
                -- A role that is not in the delivery keeps its type, lest its id meets that of a
                -- practitioner.
                when starts_with(k.key, 'PractitionerRole/')
                then coalesce(id_of(r.practitioner_key), k.key)
                else id_of(k.key)
            end as therapist_id
        from used_keys as k
        left join fhir_role as r
            on starts_with(k.key, 'PractitionerRole/') and r.id = id_of(k.key)
        where k.key is not null
        """
    )
