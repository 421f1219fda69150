"""Data Docs: Great Expectations' own pages of what it found, made from the counts that were kept.

What belongs here: turning the records of the second judge into pages. The results that are drawn
are made anew from an allow-list of numbers, so that no client's value can be in a page. The pages
that Great Expectations draws fetch styles and scripts from eight places of the internet; these are
taken out, so that a page opens without a network and tells nobody that it was opened.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.contracts.expectations import Expectation, JudgeCount, expectations_of
from pipelines.contracts.gx_worker import import_great_expectations, refuse_network
from pipelines.contracts.odcs import Contract

_FOREIGN = re.compile(
    r"<link\b[^>]*>|<script\b.*?</script>|<meta\b[^>]*http-equiv[^>]*>|<img\b[^>]*>",
    re.DOTALL | re.IGNORECASE,
)
_LEFT_OVER = re.compile(r"""(?:src|href)\s*=\s*["'](?:https?:)?//|@import|url\(""", re.IGNORECASE)
_STYLE = Path(__file__).parents[2] / "reports" / "static" / "data_docs.css"


@dataclass(frozen=True)
class JudgedBatch:
    """One batch that Great Expectations judged: the files of one table that were new then."""

    name: str
    table: str
    delivered_from: str
    delivered_to: str
    n_files: int
    counts: tuple[JudgeCount, ...]


class DocsWriter:
    """Draws batches. Making one imports Great Expectations, which takes seconds."""

    def __init__(self, contracts: Mapping[str, Contract]) -> None:
        import sys

        sys.addaudithook(refuse_network)
        self._gx = import_great_expectations()
        self._contracts = contracts

    def page(self, batch: JudgedBatch) -> str:
        """The page of one batch, as HTML that needs no network."""
        from great_expectations.core import ExpectationSuiteValidationResult
        from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
        from great_expectations.render.view.view import DefaultJinjaPageView

        contract = self._contracts[batch.table]
        results = list(self._results(contract, batch.counts))
        n_good = sum(bool(result.success) for result in results)
        days = f"{batch.delivered_from} to {batch.delivered_to}"
        validation = ExpectationSuiteValidationResult(
            success=n_good == len(results),
            results=results,
            suite_name=f"{batch.table} {contract.version}",
            statistics={
                "evaluated_expectations": len(results),
                "successful_expectations": n_good,
                "unsuccessful_expectations": len(results) - n_good,
                "success_percent": 100 * n_good / len(results) if results else None,
            },
            meta={
                "run_id": {"run_name": days, "run_time": f"{batch.delivered_to}T00:00:00+00:00"},
                "great_expectations_version": self._gx.__version__,
                "active_batch_definition": {
                    "datasource_name": "checked",
                    "data_connector_name": "",
                    "data_asset_name": batch.table,
                    "batch_identifiers": {"deliveries": days, "files": batch.n_files},
                },
            },
        )
        drawn = ValidationResultsPageRenderer(run_info_at_end=True).render(validation)
        page = DefaultJinjaPageView().render(drawn, show_how_to_buttons=False)
        return without_network(str(page))

    def _results(self, contract: Contract, counts: Iterable[JudgeCount]) -> Iterator[Any]:
        from great_expectations.core import ExpectationValidationResult
        from great_expectations.expectations.expectation_configuration import (
            ExpectationConfiguration,
        )

        asked = {each.rule_id: each for each in expectations_of(contract)}
        for count in counts:
            expectation = asked.get(count.rule_id)
            # Its pages know passed and failed alone, and a rule over no rows is neither.
            if expectation is None or count.outcome == "not_applicable":
                continue
            kind, arguments = _as_great_expectations_calls_it(expectation)
            has_error = count.outcome == "error"
            yield ExpectationValidationResult(
                success=count.outcome == "passed",
                expectation_config=ExpectationConfiguration(
                    type=kind,
                    kwargs=arguments,
                    meta={"rule_id": count.rule_id, "outcome": count.outcome},
                ),
                result={
                    "element_count": count.n_rows,
                    "unexpected_count": count.n_broken,
                    "unexpected_percent": 100 * count.n_broken / count.n_rows
                    if count.n_rows
                    else 0.0,
                },
                exception_info={
                    "raised_exception": has_error,
                    "exception_message": count.error_class if has_error else None,
                    "exception_traceback": count.error_class if has_error else None,
                },
            )


def _as_great_expectations_calls_it(expectation: Expectation) -> tuple[str, dict[str, Any]]:
    column = {"column": expectation.columns[0]}
    match expectation.kind:
        case "not_null":
            return "expect_column_values_to_not_be_null", column
        case "in_set":
            allowed = list(expectation.allowed)
            return "expect_column_values_to_be_in_set", {**column, "value_set": allowed}
        case "between":
            limits = {"min_value": expectation.minimum, "max_value": expectation.maximum}
            return "expect_column_values_to_be_between", {**column, **limits}
        case _:
            columns = list(expectation.columns)
            return "expect_compound_columns_to_be_unique", {"column_list": columns}


def without_network(page: str) -> str:
    """A page without anything that a browser would fetch, and with a style of its own.

    Raises: ValueError when something is left that would be fetched.
    """
    own = _FOREIGN.sub("", page)
    # Styles that came with the page name fonts and pictures beside it, which are not there.
    own = re.sub(r"<style\b.*?</style>", "", own, flags=re.DOTALL | re.IGNORECASE)
    # Links lead to pages that are not drawn here, or to the library's own advertisements.
    own = re.sub(r"""(<a\b[^>]*?)\shref=["'](?!#)[^"']*["']""", r"\1", own)
    style = f"<style>\n{_STYLE.read_text(encoding='utf-8')}</style>"
    own = own.replace("</head>", f"{style}</head>", 1) if "</head>" in own else style + own
    if _LEFT_OVER.search(own):
        raise ValueError("a page of Great Expectations would fetch something from the internet")
    return own


def page_path(folder: Path, batch: JudgedBatch) -> Path:
    """Where the page of a batch lies; the name changes with what it says."""
    return folder / batch.table / f"{batch.delivered_to}-{batch.name}.html"
