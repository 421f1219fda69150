"""YAML files: nothing that is written in one is lost without a word."""

from pathlib import Path

import pytest
import yaml

from pipelines.yaml_files import load_yaml, yaml_line, yaml_problem


def test_a_file_holds_what_a_plain_reader_finds(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: [1, é]\nb: {c: 2025-01-31}\n", encoding="utf-8")
    text = (tmp_path / "a.yaml").read_text(encoding="utf-8")
    assert load_yaml(tmp_path / "a.yaml") == yaml.load(text, Loader=yaml.SafeLoader)


@pytest.mark.parametrize(
    ("content", "problem", "line"),
    [
        (b"a: 1\nb:\n  c: 1\n  d: 2\n  c: 1\n", "has c twice", 5),
        (b"a: 1\nb: [\n", "is not YAML (did not find expected node content)", 3),
        (b"a: \xff\n", "is not text in UTF-8", None),
        (b"a: 1\nb:\n  c: 2025-02-31\n", "holds a day or a number that is none", 3),
        (b"a: !!float one\n", "holds a day or a number that is none", 1),
    ],
)
def test_what_it_refuses_it_says_with_the_line(
    tmp_path: Path, content: bytes, problem: str, line: int | None
) -> None:
    (tmp_path / "a.yaml").write_bytes(content)
    with pytest.raises(yaml.YAMLError) as caught:
        load_yaml(tmp_path / "a.yaml")
    assert (yaml_problem(caught.value), yaml_line(caught.value)) == (problem, line)
