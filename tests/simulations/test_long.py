"""The promises of docs/coverage.md: simulated at length, asserted, and written into the page."""

import math

import pytest
from tests.simulations.table import Sizes, run, write

ASKED = ("roc_auc", "average_precision", "f1", "brier", "log_loss")


def chance(share: float, n: int) -> float:
    """Two standard errors of a share of n simulations."""
    return 2 * math.sqrt(share * (1 - share) / n)


@pytest.mark.slow
def test_coverage_false_claims_and_power_are_what_the_page_says() -> None:
    sizes = Sizes()
    results = run(sizes)
    write(results, sizes)
    for row, found in results["model"].items():
        for name in ASKED:
            assert 0.93 - chance(0.95, sizes.model) <= found[name] <= 0.97 + chance(0.95, sizes.model), (row, name)
    for table in ("recipe", "repeated"):
        for row, found in results[table].items():
            n_sets = sizes.recipe if row[0] in ("logistic", "random-split tree") else sizes.costly_recipe
            assert found["roc_auc"] >= 0.92 - chance(0.92, n_sets), row
    for row, claims in results["claims"].items():
        allowed = 0.05 + 0.015
        assert claims.pair <= allowed + chance(0.05, claims.studies), row
        assert claims.family <= allowed + chance(0.05, claims.studies), row
    total = sum(claims.studies for claims in results["claims"].values())
    for kind in ("pair", "family"):
        pooled = sum(getattr(claims, kind) * claims.studies for claims in results["claims"].values()) / total
        assert pooled <= 0.05 + 0.015, kind
    assert next(iter(results["power"].values())).pair >= 0.80
