"""What changed between two versions of a contract, and which version number that asks for.

Works on ODCS documents of both kinds: tables that are delivered (`physicalType: file`), where a
contract that takes less breaks whoever delivers, and tables that we publish, where a contract that
promises less breaks whoever reads. Removing and narrowing is major, adding minor, words patch.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["major", "minor", "patch"]
Shape = Mapping[str, Any]
LEVELS: tuple[Level, ...] = ("major", "minor", "patch")


@dataclass(frozen=True)
class Change:
    """One difference: where, in words, and how much it breaks."""

    level: Level
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.level:5}  {self.where}: {self.what}"


@dataclass(frozen=True)
class ContractDiff:
    """All differences of one contract, the most breaking first, and the two versions."""

    table: str
    before: str
    after: str
    changes: tuple[Change, ...]

    @property
    def level(self) -> Level | None:
        """The most that any change breaks; None where nothing changed."""
        return self.changes[0].level if self.changes else None

    @property
    def problem(self) -> str:
        """Why the new version number does not fit the changes; "" where it does."""
        if self.level is None:
            return "" if self.before == self.after else "another version of the same content"
        place = LEVELS.index(self.level)
        old, new = (_numbers(version) for version in (self.before, self.after))
        if new[: place + 1] > old[: place + 1]:
            return ""
        return f"a {self.level} change since {self.before} needs version {self.wanted} or later"

    @property
    def wanted(self) -> str:
        """The least version number that fits the changes."""
        old = list(_numbers(self.before))
        if self.level is None:
            return self.before
        place = LEVELS.index(self.level)
        return ".".join(map(str, [*old[:place], old[place] + 1, *[0] * (2 - place)]))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def shape_of(document: Mapping[str, Any]) -> Shape:
    """What a contract says, as far as a change of it is more than one of words.

    `content` is a digest of everything but the version, so that changed words are noticed.
    """
    table = document["schema"][0]
    columns = {column["name"]: _column(column) for column in table["properties"]}
    key = sorted(
        (column["primaryKeyPosition"], column["name"])
        for column in table["properties"]
        if column.get("primaryKey")
    )
    rest = {name: value for name, value in document.items() if name != "version"}
    text = json.dumps(rest, sort_keys=True, default=str)
    return {
        "table": document["name"],
        "version": document["version"],
        "delivered": table.get("physicalType") == "file",
        "key": [name for _, name in key],
        "columns": columns,
        "rules": {
            rule_id: rule
            for owner in (table, *table["properties"])
            for rule_id, rule in _rules(owner, "" if owner is table else owner["name"])
        },
        "content": hashlib.sha256(text.encode()).hexdigest()[:16],
    }


def _column(column: Mapping[str, Any]) -> dict[str, Any]:
    custom = {each["property"]: each["value"] for each in column.get("customProperties", ())}
    allowed = [
        rule["arguments"]["validValues"]
        for rule in column.get("quality", ())
        if rule.get("metric") == "invalidValues"
    ]
    found = {
        "type": column["physicalType"],
        "required": bool(column.get("required")),
        "references": [link["to"] for link in column.get("relationships", ())],
        "allowed": sorted(allowed[0]) if allowed else None,
        "minimum": column.get("logicalTypeOptions", {}).get("minimum"),
        "maximum": column.get("logicalTypeOptions", {}).get("maximum"),
        "unit": custom.get("unit"),
        "direction": custom.get("direction"),
        "classification": column.get("classification"),
    }
    return {name: value for name, value in found.items() if value not in (None, [], False)}


def _rules(owner: Mapping[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for rule in owner.get("quality", ()):
        limits = rule.get("implementation", rule)
        found = {
            "severity": rule["severity"],
            "dimension": rule["dimension"],
            "kind": limits.get("kind", rule.get("metric")),
            "says": [_condition(limits), limits.get("days"), limits.get("columns")],
            "tolerated": limits.get("mustBe", limits.get("mustBeLessOrEqualTo")),
        }
        yield ".".join(part for part in (name, rule["id"]) if part), found


def _condition(limits: Mapping[str, Any]) -> str | None:
    """When a row breaks the rule, as far as the contract says it."""
    parts = [" ".join(limits[name].split()) for name in ("join", "sql") if name in limits]
    return " ".join([*parts, *limits.get("needs", ())]) or None


def compare(before: Shape, after: Shape) -> ContractDiff:
    """Every difference between two shapes of one contract."""
    changes = [*_table_changes(before, after), *_rule_changes(before, after)]
    if not changes and before["content"] != after["content"]:
        changes.append(Change("patch", after["table"], "its words changed"))
    changes.sort(key=lambda change: (LEVELS.index(change.level), change.where, change.what))
    return ContractDiff(after["table"], before["version"], after["version"], tuple(changes))


def _table_changes(before: Shape, after: Shape) -> Iterator[Change]:
    if before["key"] != after["key"]:
        yield Change("major", "key", _from_to(before["key"], after["key"]))
    old, new = before["columns"], after["columns"]
    for name in sorted(old.keys() - new.keys()):
        yield Change("major", name, "the column is gone")
    for name in sorted(new.keys() - old.keys()):
        is_demanded = after["delivered"] and new[name].get("required")
        yield (
            Change("major", name, "a new column that must be delivered")
            if is_demanded
            else Change("minor", name, "a new column")
        )
    for name in sorted(old.keys() & new.keys()):
        yield from _column_changes(name, old[name], new[name], delivered=after["delivered"])


def _column_changes(
    name: str, old: Mapping[str, Any], new: Mapping[str, Any], *, delivered: bool
) -> Iterator[Change]:
    facts: tuple[tuple[str, Level], ...] = (
        ("type", "major"),
        ("unit", "major"),
        ("references", "major"),
        ("direction", "minor"),
        ("classification", "minor"),
    )
    for fact, level in facts:
        if old.get(fact) != new.get(fact):
            yield Change(level, name, f"{fact} {_from_to(old.get(fact), new.get(fact))}")
    was, becomes = bool(old.get("required")), bool(new.get("required"))
    if was != becomes:
        # To demand more breaks those who deliver, to promise less those who read.
        breaks = becomes if delivered else was
        said = "must have a value now" if becomes else "may be empty now"
        yield Change("major" if breaks else "minor", name, said)
    gone = sorted(set(old.get("allowed", ())) - set(new.get("allowed", ())))
    added = sorted(set(new.get("allowed", ())) - set(old.get("allowed", ())))
    if "allowed" in new and "allowed" in old:
        if gone:
            yield Change("major", name, f"no longer allowed: {', '.join(gone)}")
        if added:
            yield Change("minor", name, f"also allowed: {', '.join(added)}")
    for fact, is_lower in (("minimum", True), ("maximum", False)):
        if old.get(fact) != new.get(fact):
            narrower = _is_narrower(old.get(fact), new.get(fact), is_lower=is_lower)
            said = f"{fact} {_from_to(old.get(fact), new.get(fact))}"
            yield Change("major" if narrower else "minor", name, said)


def _is_narrower(old: float | None, new: float | None, *, is_lower: bool) -> bool:
    if new is None:
        return False
    if old is None:
        return True
    return new > old if is_lower else new < old


def _rule_changes(before: Shape, after: Shape) -> Iterator[Change]:
    old, new = before["rules"], after["rules"]
    for name in sorted(old.keys() - new.keys()):
        yield Change("major", name, "the rule is gone")
    for name in sorted(new.keys() - old.keys()):
        severity = new[name]["severity"]
        level: Level = "major" if severity == "error" else "minor"
        yield Change(level, name, f"a new rule of severity {severity}")
    for name in sorted(old.keys() & new.keys()):
        was, becomes = old[name], new[name]
        # Where the contract had left it to the code when a row breaks a rule, saying it is words.
        says = was["says"]
        if was["kind"] == "table_sql" and says[0] is None:
            says = [becomes["says"][0], *says[1:]]
        if (was["kind"], says) != (becomes["kind"], becomes["says"]):
            yield Change("major", name, "the rule is another one under its old name")
        if was["severity"] != becomes["severity"]:
            level = "major" if becomes["severity"] == "error" else "minor"
            said = _from_to(was["severity"], becomes["severity"])
            yield Change(level, name, f"severity {said}")
        if was["tolerated"] != becomes["tolerated"]:
            # Only this kind of rule stops a run.
            stops = becomes["kind"] == "quarantined" and becomes["tolerated"] < was["tolerated"]
            said = _from_to(was["tolerated"], becomes["tolerated"])
            yield Change("major" if stops else "minor", name, f"tolerated per cent {said}")
        if was["dimension"] != becomes["dimension"]:
            said = _from_to(was["dimension"], becomes["dimension"])
            yield Change("minor", name, f"dimension {said}")


def _from_to(old: object, new: object) -> str:
    return f"from {_said(old)} to {_said(new)}"


def _said(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
