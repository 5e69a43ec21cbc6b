"""A model whose checksums hold and one of whose numbers does not: it answers or is refused in a sentence, in time and memory.

Every recipe's state is changed in ``tests.bundle.mutants``, a process of its own with a bound on time and memory, because
what is looked for is a crash.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assay.recipes.recommend.registry import RECOMMENDERS
from assay.recipes.registry import RECIPES

ROOT = Path(__file__).parents[2]
FAMILIES = [
    *("whole", "lasso", "scorecard", "naive-bayes", "qda", "knn", "svm"),
    *("forest", "adaboost", "boosting", "hist-boosting", "gam", "catboost", "balanced-forest"),
    *(
        "ordinal-boosting",
        "ordinal-logistic",
        "poisson",
        "label-spreading",
        "isolation-forest",
        "local-outlier-factor",
        "pca-distance",
    ),
    *("tfidf-logistic", "blend", "recommend:als", "recommend:item-neighbours"),
]
"""One of each kind of state that takes no net and no minute."""
EVERY = ["whole", "blend", *(f"recommend:{name}" for name in RECOMMENDERS.names()), *RECIPES.names()]


def mutants(most: int, *names: str) -> dict[str, dict[str, int]]:
    """By name, how many mutants were refused and how many answered; fails on any other end."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bundle.mutants", str(most), *names],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, f"ended with {done.returncode} at: {done.stderr[-2000:]}"
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line for line in lines if "found" in line] == []
    return {line["recipe"]: line for line in lines}


def test_a_changed_number_in_the_state_of_any_family_is_refused_or_harmless() -> None:
    counts = mutants(40, *FAMILIES)
    assert counts.keys() == set(FAMILIES)
    for name, count in counts.items():
        assert count["refused"] > 5, name
        assert count["refused"] + count["answered"] > 20, name


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_no_changed_number_in_the_state_of_a_recipe_does_harm(name: str) -> None:
    if name in RECIPES.names() and not RECIPES.get(name).is_installed:
        pytest.skip("its library is not installed")
    assert mutants(2000, name)[name]["refused"] > 20
