"""Imports go one way; heavy libraries stay where they belong; files and functions stay within their bounds.

Every import is read, also inside functions and under TYPE_CHECKING: a type that is only
named still says which way a part looks, and a part that must know another's types
depends on it. Registry strings ("assay.module:attribute") and the strings of lazy names
("assay.data.reader") are imports too. The package's own ``assay/__init__.py`` and
``assay/__main__.py`` stand above every part: they hand out public names, and only what
they hold is excused; that a part imports plain ``assay`` (for ``__version__``) is allowed.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "assay"
FILES = sorted(SOURCE.rglob("*.py"))

ORDER = (
    {"core"},
    {"archive", "data", "measure"},
    {"splits", "balance", "prepare"},
    {"nets", "language"},
    {"recipes"},
    {"bundle"},
    {"explain"},
    {"study"},
    {"report"},
    {"serve"},
    {"cli"},
)
RANK = {part: rank for rank, parts in enumerate(ORDER) for part in parts}

_NAME = re.compile(r"assay(\.\w+)+(:\w+)?")
MOST_LINES, MOST_FUNCTION_LINES, MOST_ARGUMENTS = 500, 60, 8
HOMES_OF_TORCH = ("nets/", "recipes/nets", "archive/weights.py")


def imported(tree: ast.AST, package: str) -> Iterator[tuple[str, int]]:
    """(module, line) of every import and of every string that names a module of ours.

    package: the dotted package of the file, for relative imports.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                base = ".".join([*parents[: len(parents) - node.level + 1], *filter(None, [node.module])])
            # "from assay import report" imports assay.report; a name that is no module does no harm as one
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _NAME.fullmatch(node.value):
            yield node.value.partition(":")[0], node.lineno
        elif isinstance(node, ast.JoinedStr):
            first = node.values[0]
            if isinstance(first, ast.Constant) and re.match(r"assay\.\w+", str(first.value)):
                yield str(first.value).partition(":")[0], node.lineno


def part_of(module: str) -> str | None:
    """The part of the house that a module belongs to; None for third parties, and for ``assay`` itself."""
    words = module.split(".")
    return words[1] if words[0] == "assay" and len(words) > 1 and words[1] in RANK else None


def breaches(text: str, path: Path) -> list[str]:
    """What an import in the file at ``path`` (below src/assay) may not look at."""
    home = path.parts[0]
    if home not in RANK:
        return []
    package = ".".join(["assay", *path.parent.parts])
    found = []
    for module, line in imported(ast.parse(text), package):
        other = part_of(module)
        if other is not None and other != home and RANK[other] >= RANK[home]:
            found.append(f"{path}:{line} imports {module}: {home} may not look at {other}")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_import_goes_one_way(path: Path) -> None:
    assert breaches(path.read_text(encoding="utf-8"), path.relative_to(SOURCE)) == []


def test_every_folder_has_its_place_in_the_order() -> None:
    folders = {path.name for path in SOURCE.iterdir() if path.is_dir() and list(path.rglob("*.py"))}
    assert folders == set(RANK)


@pytest.mark.parametrize(
    ("home", "text"),
    [
        ("core/files.py", "import assay.data.dataset"),
        ("measure/parts.py", "from assay.data.dataset import Dataset"),
        ("recipes/fitting.py", "from assay import study"),
        ("recipes/fitting.py", "def late():\n    from assay.study.study import Study"),
        ("bundle/model.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from assay.report.page import render"),
        ("data/__init__.py", "_HOMES = {'x': 'assay.study.study'}"),
        ("balance/registry.py", "TREATMENTS.add('ctgan', 'assay.nets.generate:Ctgan')"),
        ("balance/registry.py", "TREATMENTS.add(name, f'assay.nets.generate:{name}')"),
        ("report/page.py", "from ..serve import app"),
        ("serve/app.py", "import importlib\nimportlib.import_module('assay.cli.main')"),
    ],
)
def test_a_breach_of_the_direction_is_caught(home: str, text: str) -> None:
    assert len(breaches(text, Path(home))) == 1


@pytest.mark.parametrize(
    ("home", "text"),
    [
        ("cli/run.py", "from assay.study.study import Study"),
        ("data/reader.py", "from assay.data.sources import files\nfrom .kinds import typed"),
        ("bundle/model.py", "import assay\nfrom assay import __version__"),
        ("study/study.py", "import numpy as np\nfrom assay.bundle.model import Model"),
    ],
)
def test_an_import_in_the_right_direction_is_allowed(home: str, text: str) -> None:
    assert breaches(text, Path(home)) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_torch_stays_with_the_nets(path: Path) -> None:
    place = path.relative_to(SOURCE).as_posix()
    if place.startswith(HOMES_OF_TORCH):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {module.split(".")[0] for module, _ in imported(tree, "assay")}
    assert not modules & {"torch", "torchvision", "torchtext"}


def _functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def arguments_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many a caller may pass; ``self`` and ``cls`` are not counted."""
    spec = function.args
    named = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
    return len(named) - (bool(named) and named[0].arg in ("self", "cls"))


def out_of_bounds(text: str) -> list[str]:
    """Functions over a bound without a reason: a comment on the line of their ``def``."""
    lines = text.splitlines()
    found = []
    for function in _functions(ast.parse(text)):
        if "#" in lines[function.lineno - 1]:
            continue
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > MOST_FUNCTION_LINES:
            found.append(f"{function.name} (line {function.lineno}) has {length} lines")
        if arguments_of(function) > MOST_ARGUMENTS:
            found.append(f"{function.name} (line {function.lineno}) has {arguments_of(function)} arguments")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_files_and_functions_stay_within_their_bounds(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    assert out_of_bounds(text) == []


def test_a_function_over_a_bound_needs_a_reason_on_its_line() -> None:
    names = ", ".join("abcdefghi")
    body = "    x = 1\n" * MOST_FUNCTION_LINES
    assert out_of_bounds(f"def wide({names}):\n    pass\n") == ["wide (line 1) has 9 arguments"]
    assert out_of_bounds(f"def long():\n{body}") == ["long (line 1) has 61 lines"]
    assert out_of_bounds(f"def wide(  # they mirror the command line\n{names}):\n    pass\n") == []
    assert out_of_bounds("def narrow(self, a, b, c, d, e, f, g, h):\n    pass\n") == []
