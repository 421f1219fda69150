"""Random counts of made-up clinics by the thousand, and the gate's own SQL over all at once.

A world is the table `mart_public_counts` of one report; many are held in one frame, told apart by
their year, which is a made-up day here: the gate never looks from one year to another but for what
was released of it.
"""

import tempfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import duckdb
import numpy
import polars

from pipelines.reporting.figures.disclosure import load_policies, policy_table
from tests.builders import Bench, model

PARTS = ("met", "worse", "neither", "unmeasured")
CLAIMS = ("all_courses", "group_courses")
IN_ALL, IN_GROUPS = ";all_courses;", ";all_courses;group_courses;"
FIRST_DAY = date(1000, 1, 1)
Sql = Callable[[str], str]


def random_worlds(n_worlds: int, *, seed: int) -> polars.DataFrame:
    """Counts of so many reports, small and large ones mixed, most with something to hide.

    Shape:  one row per world, programme and part; columns world, programme_id, block_id, part,
            n_clients.
    """
    chance = numpy.random.default_rng(seed)
    n_programmes = chance.integers(1, 6, n_worlds)
    world = numpy.repeat(numpy.arange(n_worlds), n_programmes)
    place = numpy.concatenate([numpy.arange(n) for n in n_programmes])
    # Mostly a few people in a part: that is where something is to be hidden.
    typical = chance.choice([1.5, 4.0, 12.0, 60.0], n_worlds, p=[0.2, 0.35, 0.3, 0.15])
    mean = typical[world][:, None] * chance.gamma(1.5, 1 / 1.5, (len(world), len(PARTS)))
    mean *= chance.choice([0.0, 0.15, 1.0], (len(world), len(PARTS)), p=[0.1, 0.2, 0.7])
    counts = chance.poisson(mean)
    in_groups = chance.random(len(world)) < 0.4
    return polars.DataFrame(
        {
            "world": numpy.repeat(world, len(PARTS)),
            "programme_id": numpy.repeat(numpy.char.add("p", place.astype(str)), len(PARTS)),
            "block_id": numpy.repeat(numpy.where(in_groups, IN_GROUPS, IN_ALL), len(PARTS)),
            "part": numpy.tile(numpy.array(PARTS), len(world)),
            "n_clients": counts.ravel(),
        }
    )


def day_of(world: str) -> polars.Expr:
    """The day that stands for the year of a world, from the column of its number."""
    return polars.lit(FIRST_DAY) + polars.duration(days=world)


class Gate:
    """The product's gate for one public policy, made worse by a mutation where a test says so.

    `mutations`: model → what is done to its text before it runs. Gates may share a bench.
    """

    def __init__(
        self, bench: Bench, policy: str, mutations: Mapping[str, Sql] | None = None
    ) -> None:
        self.policy = load_policies()[policy]
        self._sql = {
            name: (mutations or {}).get(name, str)(model(name).sql)
            for name in ("pub_counts", "pub_statements")
        }
        self._bench = bench
        self._policies = policy_table(public_policy=policy).filter(audience="public").to_dicts()
        bench.fill("ref_claims", [{"claim_id": name, "set_on": date.min} for name in CLAIMS])
        bench.build("int_claim_rules")

    @property
    def hidden_range(self) -> tuple[int, int]:
        """The smallest and the largest count that is hidden for being small."""
        return (0 if self.policy.hide_zero else 1, self.policy.minimum_count - 1)

    def publish(
        self, worlds: polars.DataFrame, released: polars.DataFrame | None = None
    ) -> "Published":
        """What the readers of each world's report get, after these counts were released."""
        connection = self._bench.connection
        first_on = polars.lit(FIRST_DAY)
        frame = worlds.select(
            *("programme_id", "block_id", "part", "n_clients"),
            period_start_on=day_of("world"),
            period_end_on=first_on,
            closes_on=first_on,
            claim_id=polars.lit(CLAIMS[0]),
            counted_by=polars.lit("made up"),
        )
        self._bench.fill("ref_disclosure_policies", self._policies)
        self._read("create or replace table mart_public_counts as", frame)
        connection.execute("delete from ref_released_counts")
        if released is not None:
            self._read("insert into ref_released_counts by name", released)
        for table, sql in self._sql.items():
            connection.execute(f"create or replace table {table} as {sql}")
        return Published(connection)

    def _read(self, into: str, frame: polars.DataFrame) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.parquet"
            frame.write_parquet(path)
            self._bench.connection.execute(f"{into} from read_parquet(?)", [str(path)])


class Published:
    """The two public tables of many worlds.

    `counts`: the rows of `pub_counts` with their world; `pages`: one number per world for all that
    its report shows, so that two reports of one number are the same page.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        world = f"cast(period_start_on - date '{FIRST_DAY}' as bigint) as world"
        self.counts = _frame(connection, f"select {world}, * from pub_counts")
        rows = " union all ".join(
            f"select {world}, hash(row({', '.join(_figures(connection, table))})) as row_hash"
            f" from {table}"
            for table in ("pub_counts", "pub_statements")
        )
        self.pages = _frame(
            connection,
            f"select world, cast(sum(row_hash) as varchar) as page from ({rows}) group by world",
        )

    def released(self) -> polars.DataFrame:
        """The counts as a later report finds them in this one, once it was released."""
        return self.counts.select(
            "audience", "basis", "level", "subject_id", "period_start_on", "part", "n_clients"
        )


def _figures(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The columns of a table but for the days, which tell worlds apart here."""
    described = connection.execute(f"describe {table}").fetchall()
    return [name for name, kind, *_ in described if kind != "DATE"]


def _frame(connection: duckdb.DuckDBPyConnection, query: str) -> polars.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        connection.execute(f"copy ({query}) to '{path}' (format parquet)")
        return polars.read_parquet(path)
