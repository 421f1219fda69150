"""What is wrong with a file of the catalogue is named, all of it at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import InstrumentError
from pipelines.instruments.catalogue import INSTRUMENTS_FOLDER, load_catalogue


def _set(*path: str | int, to: Any) -> Callable[[dict[str, Any]], None]:
    """A change that sets one value inside a parsed file."""

    def change(content: Any) -> None:
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = to

    return change


def _maxima(
    lists: list[list[int]], alternatives: list[list[int]] | None = None
) -> Callable[[dict[str, Any]], None]:
    """A change that makes the total a sum of highest answers."""

    def change(content: dict[str, Any]) -> None:
        scale = content["scoring"]["scales"][0]
        scale |= {"method": "domain_maxima", "maxima_of": lists}
        scale |= {"alternatives": alternatives} if alternatives else {}

    return change


def _filled(method: str, max_missing: int) -> Callable[[dict[str, Any]], None]:
    """A change that makes a verified rule for missing answers."""

    def change(content: dict[str, Any]) -> None:
        missing = content["scoring"]["missing"]
        missing |= {"method": method, "max_missing": max_missing, "status": "verified"}

    return change


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda content: content.pop("scoring"), "phq9.yaml: has no field 'scoring'"),
        (_set("form", to=[]), "does not have the shape of instrument.schema.json"),
        (_set("id", to="phq8"), "has the id phq8"),
        (_set("scoring", "scales", 0, "points", to=[0, 26]), "its items give 0 to 27"),
        (_set("scoring", "scales", 0, "items", to=[1, 10]), r"has items \[10\]"),
        (_set("scoring", "scales", 0, "n_items", to=8), "says n_items 8, lists 9"),
        (_set("scoring", "scales", 0, "method", to="algorithm"), "total has no known weights"),
        (_set("scoring", "scales", to=[]), "is_scored is true, but there is no scale"),
        (
            _set(
                "form", "reversed_items", to={"items": [12], "status": "verified", "source": ["x"]}
            ),
            r"names items \[12\]",
        ),
        (
            _set("form", "reversed_items", "items", to=[1]),
            "phq9.yaml, form.reversed_items: expected a status",
        ),
        (_set("form", "points", to=[0, 2.5]), "form.points name 2.5, which is between steps of 1"),
        (_set("thresholds", 0, "points", to=28), "points 28, the scale goes from 0 to 27"),
        (
            _set("thresholds", 0, "points", to=0),
            "caseness of total is >= 0, which parts no scores of 0",
        ),
        (_set("thresholds", 0, "scale", to="totl"), r"of totl: there is no such scale \(there is"),
        (_set("thresholds", 1, "points", to=0), "points 0, expected more than 0"),
        (_set("thresholds", 1, "points", to=-6), "points -6, expected more than 0"),
        (_set("thresholds", 1, "points", to=28), "points 28, the scale can change by 27"),
        (_set("thresholds", 1, "op", to=">"), "reliable_change of total has op >, expected >="),
        (
            _set("thresholds", 1, "points", to=float("nan")),
            r"\[1\].points: expected a number, found",
        ),
        (_set("thresholds", 3, "op", to="<"), "response of total has op <, expected >="),
        (_set("bands", 0, "scale", to="mood"), "bands names the scale mood"),
        (_set("bands", 0, "values", 1, to=[4, 9, "mild"]), None),
        (_set("bands", 0, "values", 1, to=[3, 9, "mild"]), "bands of total overlap at 3"),
        (
            _set("bands", 0, "values", 1, to=[6, 9, "mild"]),
            "bands of total have a hole between 4 and 6",
        ),
        (
            _set("bands", 0, "values", 0, to=[1, 4, "minimal"]),
            "bands of total go from 1 to 27, the scale from 0 to 27",
        ),
        (_set("bands", 0, "values", 4, to=[20, 26, "severe"]), "go from 0 to 26, the scale from 0"),
        (_set("bands", 0, "values", 4, to=[20, 72, "severe"]), "go from 0 to 72, the scale from 0"),
        (_set("norms", 0, "mean", to=159), "norms of total have a mean of 159, the scale goes"),
        (_set("norms", 0, "mean", to=-1), "norms of total have a mean of -1, the scale goes"),
        (_set("norms", 0, "sd", to=13.5), None),
        (_set("norms", 0, "sd", to=55), "have an SD of 55, on a scale from 0 to 27 none is above"),
        (_set("safety", "rule", to="raw >= 3"), None),
        (_set("safety", "rule", to="raw >= 4"), "raw >= 4, item 9 has answers from 0 to 3"),
        (_set("safety", "rule", to="raw >= 0"), "raw >= 0, item 9 has answers from 0 to 3"),
        (
            _set("thresholds", 4, "points", to=90),
            "index_elevated of total has points 90, the scale",
        ),
        (_set("thresholds", 4, "points", to=27), "index_elevated of total is > 27, which parts no"),
        (
            _set("thresholds", 5, "points", to=28),
            "difference of total has points 28, the scale can",
        ),
        (
            _set("thresholds", 4, "kind", to="responder"),
            "responder of total has op >, expected <=",
        ),
        (_set("reliability", 0, "value", to=1.0), "reliability of total is 1"),
        (
            _set("scoring", "scales", 0, "parts", to=["mod"]),
            r"scales\[0\].parts\[0\]: expected one of total, found mod",
        ),
        (
            _set("scoring", "missing", "max_missing_by_scale", to={"totl": 1}),
            "max_missing_by_scale.totl: expected one of total, found totl",
        ),
        (
            _set("form", "items_that_differ", to={"one": {"points": [0, 3]}}),
            "items_that_differ.one: expected the number of an item",
        ),
        (_set("scoring", "scales", 0, "method", to="mean"), "its items give 0 to 3"),
        (_set("form", "points", to=[3, 0]), "form.points are not lowest and highest"),
        (_set("thresholds", 0, "op", to="<"), "caseness of total has op <, expected >="),
        (_set("thresholds", 1, "kind", to="caseness"), "of total for client has 2 defaults"),
        (_set("thresholds", 2, "op", to=">="), "remission of total has op >="),
        (lambda content: content["thresholds"][1].pop("points"), "reliable_change of total has no"),
        (lambda content: content["thresholds"][3].pop("share"), "response of total has no share"),
        (_set("thresholds", 0, "source", to=[]), r"phq9.yaml, thresholds\[0\]: expected a source"),
        (_set("scoring", "not_scored_because", to="x"), "only there"),
        (_set("scoring", "is_scored", to=False), "needs not_scored_because"),
        (_set("scoring", "scales", 0, "alternatives", to=[[1, 2]]), "only domain_maxima can have"),
        (_set("scoring", "scales", 0, "of_scale", to="x"), "needs of_scale where its method is"),
        (_maxima([[1, 2, 3]]), "do not hold each of its items once"),
        (_maxima([[1, 2, 3, 4, 5], [5, 6, 7, 8, 9]]), "do not hold each of its items once"),
        (_maxima([[1, 2], [3, 4, 5, 6, 7, 8, 9]], [[2, 3]]), "are not within one list"),
        (_maxima([[1, 2, 3, 4, 5, 6, 7, 8, 9]], [[1, 2], [2, 3]]), "is named twice"),
        (_set("reliability", 0, "scale", to="mood"), "reliability names the scale mood"),
        (_set("norms", 0, "source", to=[]), r"norms\[0\]: expected a source, since it is verified"),
        (_filled("blank_is_zero", 9), "none might be left"),
        (_set("loinc", "items", to=["44250-9"]), "loinc.items has 1 codes for 9 items"),
        (_set("loinc", "total", to="44261-5"), "loinc code 44261-5 fails the check digit"),
    ],
)
def test_a_problem_is_named(
    edited: Callable[..., Path], change: Callable[[dict[str, Any]], object], found: str | None
) -> None:
    if found is None:
        assert load_catalogue(edited(change)).instruments
        return
    with pytest.raises(InstrumentError, match=found):
        load_catalogue(edited(change))


@pytest.mark.parametrize(
    ("name", "old", "new", "found"),
    [
        ("bsl23", "thresholds: []", "thresholds:\n  - {kind: remission, scale: total, points: 0.28,"
         " op: <=, use: default, status: verified, source: [x]}", "needs a scale of whole points"),
        ("swemwbs", "9: 11.25, ", "", "the table of scale metric has a hole after 8"),
        ("swemwbs", "8: 9.51", "eight: 9.51", "table.eight: expected points as the key"),
        ("swemwbs", "    status: unverified\n", "    method: blank_is_zero\n    max_missing: 1\n"
         "    status: verified\n", "blank_is_zero, but the lowest answer is 1"),
        ("core_om", "method: prorate_mean", "method: item_mean_rounded", "but total is a mean"),
    ],
)  # fmt: skip
def test_a_problem_of_a_special_form_is_named(
    tmp_path: Path, name: str, old: str, new: str, found: str
) -> None:
    text = (INSTRUMENTS_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / f"{name}.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InstrumentError, match=found):
        load_catalogue(tmp_path)


def test_a_key_that_comes_twice_is_refused(tmp_path: Path) -> None:
    text = (INSTRUMENTS_FOLDER / "phq9.yaml").read_text(encoding="utf-8")
    (tmp_path / "phq9.yaml").write_text(text + "norms: []\n", encoding="utf-8")
    with pytest.raises(InstrumentError, match=r"phq9\.yaml: has norms twice at line"):
        load_catalogue(tmp_path)


def test_all_problems_of_all_files_are_named_at_once(edited: Callable[..., Path]) -> None:
    edited(_set("loinc", "total", to="44261-5"))
    folder = edited(_set("form", to=[]), name="other.yaml")
    (folder / "broken.yaml").write_text("id: [\n", encoding="utf-8")
    with pytest.raises(InstrumentError) as caught:
        load_catalogue(folder)
    assert "broken.yaml: is not YAML (did not find expected node content) at line 2" in (
        caught.value.found
    )
    assert "other.yaml: does not have the shape" in caught.value.found
    assert "phq9.yaml: loinc code 44261-5" in caught.value.found


def test_a_code_of_two_instruments_is_refused(edited: Callable[..., Path]) -> None:
    edited(lambda content: None)
    folder = edited(_set("id", to="other"), name="other.yaml")
    with pytest.raises(InstrumentError, match="loinc code 44261-6 is in other and phq9"):
        load_catalogue(folder)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InstrumentError, match="there is no instrument file"):
        load_catalogue(tmp_path)
