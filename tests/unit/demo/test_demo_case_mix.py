"""What moves the gain of a demo course is what its truth says."""

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.demo.clinic import write_deliveries
from pipelines.demo.programmes import PROGRAMMES
from pipelines.demo.truth import Truth
from tests.unit.demo.deliveries import SMALL, all_rows, truth_of


def test_a_known_change_is_planted_where_the_truth_says(tmp_path: Path) -> None:
    options = replace(SMALL, clients=2000, months=12, defects=False, format="csv")
    means = []
    for points in (0.0, 6.0):
        folder = tmp_path / str(points)
        write_deliveries(replace(options, change_points=points), folder)
        truth = truth_of(folder)
        last = [month["true_improvement_mean_points"] for month in truth["months"][-3:]]
        means.append(sum(last) / 3)
    assert truth["clinic_change"]["from_month"] == "2025-10"
    assert means[1] - means[0] > 2


def test_gains_follow_the_case_mix_that_the_truth_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}
    add = Truth.add

    def listen(self: Truth, **block: Any) -> None:
        given.update(block)
        add(self, **block)

    monkeypatch.setattr(Truth, "add", listen)
    write_deliveries(replace(SMALL, defects=False, format="csv"), tmp_path)
    told = truth_of(tmp_path)["case_mix"]
    clients = {row[0]: row for _, row in all_rows(tmp_path, "clients")}
    episodes = {row[0]: row for _, row in all_rows(tmp_path, "episodes")}
    courses, paths = given["courses"], given["paths"]
    languages: Counter[str] = Counter()
    for place, episode in enumerate(given["episodes"]):
        client = clients[episodes[episode][1]]
        born, referred = (date.fromisoformat(day) for day in (client[1], episodes[episode][4]))
        gain = told["gain_points"] + PROGRAMMES[courses.programme[place]].effect
        gain += told["severity_points"] * (paths.severity[place] - told["severity_from_points"])
        years = (referred - born).days / 365.25
        gain += told["age_decade_points"] * (years - told["age_from_years"]) / 10
        gain += told["language_points"].get(client[6], 0.0)
        languages[client[6]] += 1
        if not courses.is_concurrent[place] and not episode.endswith("-1"):
            gain += told["earlier_course_points"]
        assert paths.expected[place] == pytest.approx(gain)
    assert languages["es"] > 10


def test_some_therapists_are_sent_sicker_clients_and_the_truth_says_so(tmp_path: Path) -> None:
    options = replace(SMALL, clients=2000, months=12, defects=False, format="csv")
    write_deliveries(options, tmp_path)
    seen = [one for one in truth_of(tmp_path)["therapists"] if one["finished"] >= 30]
    meant = [one["severity_points"] for one in seen]
    severity = [one["severity_mean_points"] for one in seen]
    expected = [one["expected_gain_mean_points"] for one in seen]
    assert max(severity) - min(severity) > 2
    assert np.corrcoef(meant, severity)[0, 1] > 0.7
    assert np.corrcoef(severity, expected)[0, 1] > 0.3
    # How good a therapist is and whom she is sent are drawn apart.
    assert abs(np.corrcoef(meant, [one["effect_points"] for one in seen])[0, 1]) < 0.7
