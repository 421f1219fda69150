"""How much of a table may break a rule before the rule counts as failed, as a contract says it."""

from decimal import Decimal

from pipelines.contracts.odcs_file import Node

# Words of the standard. It has none for rules of an engine of one's own, so that they stand in the
# rule's `implementation` there, and mean the same.
TOLERANCES = ("mustBe", "mustBeLessOrEqualTo")


def tolerated_percent(node: Node) -> Decimal:
    """The share of rows, in percent, that may break a rule: `mustBe: 0`, or at most so many."""
    if "mustBe" in node.content:
        node.must_be("mustBe", 0)
        return Decimal(0)
    percent = node.number("mustBeLessOrEqualTo")
    if percent is None or not 0 <= percent <= 100:
        node.wrong("mustBeLessOrEqualTo", "a number from 0 to 100, or mustBe: 0")
        return Decimal(0)
    node.must_be("unit", "percent")
    return Decimal(str(percent))


def days_of(node: Node) -> int:
    """How many days something may lie back."""
    days = node.number("days")
    if not isinstance(days, int) or days < 1:
        node.wrong("days", "a whole number of days from 1")
        return 1
    return days
