"""The benchmark's floor has the bare group-by of every mart, and of nothing else."""

import re

from pipelines.comparison.made_tables import KEYS
from pipelines.warehouse.model_file import load_models
from tests.bench.group_bys import GROUP_BYS


def test_each_mart_has_one_group_by() -> None:
    marts = {name for name in (*load_models(), *KEYS) if name.startswith("mart_")}
    assert set(GROUP_BYS) == marts, "each mart needs its bare group-by in tests/bench/group_bys.py"
    for sql in GROUP_BYS.values():
        assert len(re.findall("group by", sql)) == len(re.findall("select", sql)) == 1
