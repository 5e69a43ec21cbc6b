"""The page of a comparison of recommenders: what it says, and that names of users' files are only names."""

from assay.report.recommend import interval_text, render_recommend

INTERVAL = {"value": 0.25, "low": 0.2, "high": 0.3}
VERDICT = {
    "a": "svd",
    "b": "popularity",
    "metric": "rmse",
    "call": "a better",
    "difference": -0.1,
    "low": -0.2,
    "high": -0.05,
    "p": 0.01,
}


def told(**more):
    cut = {"train": 10, "held": 5, "users": 4, "new_users": 1, "relevant": 6, "new_items": 0}
    rows = [{"name": "svd", "metrics": {"ndcg@10": INTERVAL, "rmse": None}}]
    counts = {"table_rows": 20, "users": 4, "items": 9, "locked": 5, "metric": "ndcg@10"}
    return {"rows": rows, "verdicts": [VERDICT], "cuts": [cut], "warnings": ["Worth <knowing>."], **counts, **more}


def test_the_page_says_what_was_measured_and_runs_nothing():
    page = render_recommend("<script>films", told())
    assert "<script" not in page
    assert "Worth &lt;knowing&gt;." in page
    assert "0.2500 [0.2000, 0.3000]" in page
    assert "ranks only" in page
    assert "20 rows, 4 users, 9 items" in page
    assert "-0.1000 [-0.2000, -0.0500]" in page
    assert "The locked rows" not in page


def test_a_second_opening_is_no_honest_number():
    test = {"name": "svd", "metrics": {"ndcg@10": INTERVAL}, "baseline": {"ndcg@10": INTERVAL}, "verdicts": [VERDICT]}
    page = render_recommend("films", told(test={**test, "users": 4, "openings": 2, "seen_before": 0, "warnings": []}))
    assert "no longer honest" in page


def test_a_value_without_ends_is_said_without_them():
    assert interval_text({"value": 0.5, "low": None, "high": None}) == "0.5000"
    assert interval_text({"value": None, "low": None, "high": None}) == "–"
