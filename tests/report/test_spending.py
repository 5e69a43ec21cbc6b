"""Where the time went, on the page."""

from assay.report.spending import spending


def test_a_run_without_a_budget_says_nothing_of_one() -> None:
    assert spending({}) is None


def test_every_candidate_has_its_seconds_and_why_it_was_stopped() -> None:
    rows = [
        {"name": "logistic", "began": 0.5, "seconds": 3.21, "folds": 5, "stopped": None},
        {"name": "forest", "began": 4.0, "seconds": 30.0, "folds": 1, "stopped": "its next fold would take 30 s"},
    ]
    found = spending({"budget": {"seconds": 60.0, "at": 44.0, "end": "the time was up", "rows": rows}})
    assert found.lead.startswith("A budget of 60 s")
    assert found.lead.endswith("They ended after 44 s: the time was up.")
    assert [(row.name, row.seconds, row.folds, row.stopped) for row in found.rows] == [
        ("logistic", "3.2", "5", ""),
        ("forest", "30.0", "1", "its next fold would take 30 s"),
    ]
