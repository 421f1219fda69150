"""All tables of this stage, those of the comparison and those of single courses."""

from pipelines.comparison import estimate_tables, tables

KEYS: dict[str, tuple[str, ...]] = {**tables.KEYS, **estimate_tables.KEYS}
GRAINS: dict[str, str] = {**tables.GRAINS, **estimate_tables.GRAINS}
PURPOSES: dict[str, str] = {**tables.PURPOSES, **estimate_tables.PURPOSES}
SOURCES: dict[str, str] = {**tables.SOURCES, **estimate_tables.SOURCES}
