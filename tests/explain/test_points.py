"""A scorecard's own account: its card, the points of a row, and the reasons."""

import json
import re

import numpy as np
import pytest
from tests.explain.explained_models import fitted, held_recipe, table
from tests.report.test_report_page import Page

from assay.core.errors import ConfigError
from assay.explain.explanation import ExplainSettings, explain
from assay.explain.points import card_of, points_of
from assay.report.explanation import render_explanation


def test_the_points_of_a_row_are_those_of_its_bins_and_stand_for_its_log_odds() -> None:
    held = held_recipe("scorecard", table("binary", 400))
    card, part = card_of(held), held.parts[0]
    assert (card.side, card.models) == ("no", 1)
    by_bin = {(row.column, row.bin): row.points for row in card.rows}
    for place in range(0, 40, 4):
        row = part.features[place : place + 1]
        found = points_of(part.fitted, row)
        probability = part.fitted.predict(row)["probability"][0]
        odds = (1 - probability) / probability
        assert found.total == pytest.approx(600 + 20 * np.log2(odds / 50))
        assert len(found.reasons) <= 4
        lost = [reason.lost for reason in found.reasons]
        assert lost == sorted(lost, reverse=True)
        for reason in found.reasons:
            own = [(one.points, one.rows) for one in card.rows if one.column == reason.column]
            points, counts = zip(*own, strict=True)
            assert by_bin[reason.column, reason.bin] == pytest.approx(reason.points)
            assert reason.points + reason.lost == pytest.approx(np.average(points, weights=counts))


def test_shap_values_of_a_scorecard_are_points_from_the_mean() -> None:
    """Of a row, its columns' points less the mean points of the reference rows are factor times its values."""
    held = held_recipe("scorecard", table("binary", 400))
    found = explain(held, ExplainSettings(row=3, deals=1, top=1))
    part = held.parts[0]
    learner, step = part.fitted.learner, part.fitted.step
    mean = learner.score(step.transform(part.reference)).mean()
    shap = sum(value[0] for value in found.row.shap.values())
    assert found.row.points.total - mean == pytest.approx(learner.scale.factor * shap)


def test_the_page_and_the_json_have_the_card_and_the_reasons_of_a_row() -> None:
    held = held_recipe("scorecard", table("binary", 400))
    found = explain(held, ExplainSettings(row=5, deals=1, top=1))
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert {row["column"] for row in told["scorecard"]["bins"]} == {"a", "b", "c", "colour"}
    assert told["row"]["scorecard"]["points"] == found.row.points.total
    text = render_explanation(found, held.task, "rows.csv", seed=0)
    sections = re.findall(r'<section id="(\w+)"', text)
    assert sections == re.findall(r'<li><a href="#(\w+)"', text)
    assert "card" in sections
    assert Page(text).stack == []
    assert text.count("Weight of evidence") == 4
    for reason in found.row.points.reasons:
        assert f"{reason.lost:.1f} fewer" in text


def test_what_is_no_scorecard_has_no_points() -> None:
    data = table("binary", 200)
    with pytest.raises(ConfigError, match="'tree' is no scorecard"):
        points_of(fitted("tree", data), data.features[:1])
    found = explain(held_recipe("tree", data), ExplainSettings(row=1, deals=1, top=1))
    assert (found.card, found.row.points) == (None, None)
    assert "scorecard" in found.to_json()
