import subprocess
import sys

from assay.data.task import TASKS
from assay.measure.registry import METRICS
from assay.recipes.lists import list_metrics, list_recipes, list_tasks, list_treatments
from assay.recipes.registry import RECIPES
from assay.recipes.treatments import TREATMENTS


def test_the_lists_name_every_member_and_every_name_can_be_got() -> None:
    assert list_recipes()[0] == "baseline"
    for names, registry in ((list_recipes(), RECIPES), (list_treatments(), TREATMENTS), (list_metrics(), METRICS)):
        assert names == registry.names()
        assert all(":" in registry.target(name) for name in names)
    assert set(list_tasks()) == set(TASKS)


def test_listing_loads_no_learner() -> None:
    code = (
        "import sys, assay.recipes.lists as lists; lists.list_recipes();"
        "print([m for m in ('sklearn', 'lightgbm', 'torch', 'matplotlib') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_naming_a_table_recipe_loads_no_learner() -> None:
    names = ["baseline", "logistic", "naive-bayes", "knn", "tree", "forest", "boosting", "tfidf-logistic", "tfidf-naive-bayes"]
    code = (
        "import sys; from assay.recipes.registry import RECIPES;"
        f"[RECIPES.get(name) for name in {names!r}];"
        "print([m for m in ('sklearn', 'lightgbm', 'torch', 'PIL') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
