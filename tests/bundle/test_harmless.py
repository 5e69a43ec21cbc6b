"""A saved model holds nothing that runs, lies anywhere, and needs no library that trained it."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.bundle.models import model, table

import assay


def test_a_model_moves_to_another_folder_and_answers_the_same(tmp_path):
    data = table("binary")
    model().save(tmp_path / "here" / "m")
    before = assay.load(tmp_path / "here" / "m").predict(data)
    (tmp_path / "there").mkdir()
    (tmp_path / "here" / "m").rename(tmp_path / "there" / "renamed")
    (tmp_path / "here").rmdir()
    assert assay.load(tmp_path / "there" / "renamed").predict(data).equals(before)
    content = b"".join(path.read_bytes() for path in (tmp_path / "there" / "renamed").iterdir())
    assert str(tmp_path).encode() not in content


def test_linear_and_tree_models_answer_without_the_libraries_that_trained_them(tmp_path):
    tasks = {"ridge": "regression"}
    for recipe in ("logistic", "ridge", "tree", "forest", "hist-boosting", "gam", "naive-bayes"):
        model(recipe, tasks.get(recipe, "binary")).save(tmp_path / f"{recipe}.assay")
    table("binary").features.head(3).write_parquet(tmp_path / "rows.parquet")
    code = (
        "import sys, pathlib, assay, polars; folder = pathlib.Path(sys.argv[1]); "
        "rows = polars.read_parquet(folder / 'rows.parquet'); "
        "print(sum(assay.load(path).predict(rows).height for path in folder.glob('*.assay'))); "
        "print([m for m in ('sklearn', 'lightgbm', 'torch', 'xgboost', 'catboost', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["21", "[]"]


LOADERS = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "marshal", "shelve"}
SUSPECT = re.compile(r"pickle|dill|marshal|shelve|eval|exec|compile|__import__|\bload\b|deserialize")
CALLS = {"eval", "exec", "compile", "__import__"}


def unpickling(path: Path) -> list[str]:
    """What a file of ours imports or calls that could run what a file holds."""
    source = path.read_text(encoding="utf-8")
    if not SUSPECT.search(source):  # to parse all of them takes seconds
        return []
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            names = [module or "", *(alias.name for alias in node.names)]
            if names == ["pickle", "UnpicklingError"]:  # what torch.load raises for a file that holds more than weights
                continue
            found += [f"{path.name}:{node.lineno} imports {name}" for name in names if name.split(".")[0] in LOADERS]
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        words = {word.arg: ast.unparse(word.value) for word in node.keywords}
        if called in CALLS or called in ("joblib.load", "torch.jit.load", "numpy.load", "pl.Expr.deserialize"):
            found.append(f"{path.name}:{node.lineno} calls {called}")
        if called == "np.load" and words.get("allow_pickle", "False") != "False":
            found.append(f"{path.name}:{node.lineno} unpickles arrays")
        if called == "torch.load" and words.get("weights_only") != "True":
            found.append(f"{path.name}:{node.lineno} loads more than weights")
    return found


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from pickle import loads",
        "from pickle import UnpicklingError, loads",
        "import cloudpickle as c",
        "np.load(f, allow_pickle=True)",
        "torch.load(f)",
        "joblib.load(f)",
        "eval(text)",
    ],
)
def test_what_could_run_a_file_is_found_in_source(line, tmp_path):
    (tmp_path / "a.py").write_text(line)
    assert len(unpickling(tmp_path / "a.py")) == 1


def test_no_path_of_ours_runs_what_a_file_holds():
    files = sorted(Path(assay.__file__).parent.rglob("*.py"))
    assert len(files) > 500
    assert [line for path in files for line in unpickling(path)] == []
