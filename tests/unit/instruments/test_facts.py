"""Every figure of the catalogue against the file of facts that it was made from."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.instruments.catalogue import INSTRUMENTS_FOLDER, SHARED_FILES

FACTS = Path(__file__).parents[4] / "shared" / "domain" / "instruments.yaml"
pytestmark = pytest.mark.skipif(
    not FACTS.exists(), reason="the file of facts is not part of the project: ../shared/domain"
)
RESPONDENTS = {"self": "client", "parent": "parent", "teacher": "teacher"}
# Read since, from published code: the facts file does not say more than the item lists of these.
READ_SINCE = {"sdq"}


@cache
def facts() -> dict[str, dict[str, Any]]:
    if not FACTS.exists():
        return {}
    document = yaml.load(FACTS.read_bytes(), Loader=yaml.CSafeLoader)
    return {entry["id"]: entry for entry in document["instruments"]}


@cache
def catalogue() -> dict[str, dict[str, Any]]:
    return {
        path.stem: yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        for path in sorted(INSTRUMENTS_FOLDER.glob("*.yaml"))
        if path.name not in SHARED_FILES
    }


def both() -> Iterator[Any]:
    for name in facts():
        yield pytest.param(facts()[name], catalogue().get(name, {}), id=name)


def status(entry: Mapping[str, Any]) -> str:
    return "verified" if entry.get("verified") is True else "unverified"


def defaults(document: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    return [entry for entry in document["thresholds"] if entry["kind"] == kind]


def test_every_instrument_of_the_facts_is_in_the_catalogue() -> None:
    assert set(catalogue()) == set(facts())


@pytest.mark.parametrize(("fact", "document"), list(both()))
def test_the_form_is_that_of_the_facts(fact: dict[str, Any], document: dict[str, Any]) -> None:
    form = document["form"]
    assert document["name"] == fact["name"]
    assert document["domains"] == fact["domains"]
    assert document["tracks"] == fact["tracks"]
    assert document.get("subdomain") == fact.get("subdomain")
    assert document["direction"] == fact["direction"]
    assert document.get("recall_days") == fact.get("recall_days")
    assert form["n_items"] == fact["items"]
    assert form["points"] == fact["item_range"]
    assert form.get("step") == fact.get("item_step")
    assert form.get("zero_allowed", True) == fact.get("item_zero_allowed", True)
    own = {
        item: entry.get("values") or entry["points"]
        for item, entry in form.get("items_that_differ", {}).items()
    }
    assert own == fact.get("item_overrides", {})
    reverse = form["reversed_items"]
    assert reverse["items"] == fact["reverse_items"]
    if "reverse_items_verified" in fact:
        is_verified = fact["reverse_items_verified"]
        assert reverse["status"] == ("verified" if is_verified else "unverified")


@pytest.mark.parametrize(("fact", "document"), list(both()))
def test_the_scales_are_those_of_the_facts(fact: dict[str, Any], document: dict[str, Any]) -> None:
    scoring, scales = fact["scoring"], {s["scale"]: s for s in document["scoring"]["scales"]}
    if "total" in scales:
        assert scales["total"]["points"] == scoring["total_range"]
    for name, items in scoring.get("subscales", {}).items():
        assert scales[name]["items"] == items
    if scoring.get("verified") is True:
        assert document["scoring"]["status"] == "verified"
    if scoring.get("verified") is False:
        assert document["scoring"]["status"] == "unverified"
        assert not document["scoring"]["is_scored"] or fact["id"] in READ_SINCE
    missing = scoring.get("missing")
    own = document["scoring"].get("missing")
    assert (own is None) == (missing is None)
    if isinstance(missing, dict) and own is not None:
        # The count of answers of the WSAS is a fact, what is made of them a rule of this project.
        assert own["status"] == ("design" if fact["id"] == "wsas" else status(missing))
    if "metric_table" in scoring:
        (metric,) = [m for m in document["scoring"]["other_metrics"] if m["name"] == "metric"]
        assert metric["table"] == scoring["metric_table"]


@pytest.mark.parametrize("kind", ["caseness", "reliable_change"])
@pytest.mark.parametrize(("fact", "document"), list(both()))
def test_default_thresholds_are_those_of_the_facts(
    fact: dict[str, Any], document: dict[str, Any], kind: str
) -> None:
    found = [entry for entry in defaults(document, kind) if entry["use"] == "default"]
    known = fact[kind]
    if known is None or document["purpose"] in {"process", "verdict"}:
        assert not found
        return
    if fact["id"] == "rses":
        # A guide for low self-esteem, which its source calls no cut-off.
        assert not found
        return
    assert {entry["status"] for entry in found} == {status(known)}
    values = known["value"]
    if isinstance(values, Mapping):
        assert {entry["points"] for entry in found} == set(values.values())
    else:
        own = [entry for entry in found if entry["scale"] in {"total", "goal"}]
        assert [entry["points"] for entry in own] == [values]
    for scale, points in known.get("subscales", {}).items():
        assert [e["points"] for e in found if e["scale"] == scale] == [points]
    assert {entry["op"] for entry in found} == {known.get("op", ">=")}


@pytest.mark.parametrize(("fact", "document"), list(both()))
def test_other_figures_are_those_of_the_facts(
    fact: dict[str, Any], document: dict[str, Any]
) -> None:
    known = [
        (entry["kind"], value, status(entry))
        for entry in fact.get("reliability", [])
        for value in _figures(entry)
    ]
    found = [
        (entry["kind"], value, entry["status"])
        for entry in document["reliability"]
        for value in _figures(entry)
    ]
    assert sorted(found) == sorted(known)
    assert [
        (entry["group"], _letters(entry["label"]), entry["mean"], entry["sd"], entry["status"])
        for entry in document["norms"]
    ] == [
        (entry["group"], _letters(entry["label"]), entry["mean"], entry["sd"], status(entry))
        for entry in fact.get("norms", [])
    ]
    remission = fact.get("remission")
    (own,) = defaults(document, "remission") or [None]
    assert (own is None) == (remission is None)
    if remission and own:
        assert f"total {own['op']} {own['points']}" == remission["rule"]
        assert own["status"] == status(remission)
    response = fact.get("response")
    shares = [entry for entry in defaults(document, "response") if entry["use"] == "default"]
    assert bool(shares) == bool(response)
    if response and shares:
        assert f"{shares[0]['share']:.0%}" in response["rule"]
        assert shares[0]["status"] == status(response)
    differences = defaults(document, "minimal_important_difference")
    assert [entry["status"] for entry in differences] == [status(e) for e in fact.get("mcid", [])]


@pytest.mark.parametrize(("fact", "document"), list(both()))
def test_codes_and_licence_are_those_of_the_facts(
    fact: dict[str, Any], document: dict[str, Any]
) -> None:
    loinc, own = fact["loinc"], document["loinc"]
    assert (own is None) == (loinc is None)
    if loinc:
        assert (own["panel"], own["total"]) == (loinc["panel"], loinc["total"])
        assert own["items"] == loinc.get("items", [])
        assert own["status"] == status(loinc)
    assert document["licence"]["kind"] == fact["licence"]["status"]
    assert document["licence"]["status"] == status(fact["licence"])


def _figures(entry: Mapping[str, Any]) -> list[float]:
    return entry.get("values") or entry.get("range") or [entry["value"]]


def _letters(label: str) -> str:
    return label.lower().replace(" ", "")[:20]
