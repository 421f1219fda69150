"""Pages that Great Expectations has drawn, made to fetch nothing."""

import pytest

from pipelines.contracts.gx_docs import without_network

PAGE = """<html><head><link rel="stylesheet" href="https://cdn.example/x.css"/>
<script src="https://cdn.example/x.js"></script><style>@import "https://cdn.example/y";</style>
</head><body><img src="https://cdn.example/x.gif"><a href="https://shop.example">Buy</a>
<a class="x" href="../../index.html">Home</a><a href="#section-1">clients</a>
<i class="fas fa-check-circle"></i> 3 unexpected values found.</body></html>"""


def test_nothing_is_left_that_a_browser_would_fetch_or_that_leads_away() -> None:
    page = without_network(PAGE)
    assert "example" not in page
    assert "index.html" not in page
    assert '<a href="#section-1">clients</a>' in page
    assert "3 unexpected values found." in page


def test_the_page_brings_its_own_style_and_words_for_icons() -> None:
    assert 'content: "passed"' in without_network(PAGE)


def test_what_cannot_be_taken_out_stops_the_page() -> None:
    with pytest.raises(ValueError, match="fetch something"):
        without_network('<body><iframe src="https://cdn.example/x"></iframe></body>')
