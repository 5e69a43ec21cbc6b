"""The README and the guides are run as they stand: every Python block and every ``$ command``.

The blocks of one file share a folder and, for Python, a namespace, from top to bottom, as a
reader would have it.  A line ``$ make TARGET`` is checked to name a target of the Makefile:
the two it may name are what runs these tests, and the demo, which the README also gives as
the plain command that ``make demo`` ends in.
"""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SLOW = {
    "attacks.md",
    "classical-vision.md",
    "labels.md",
    "leak.md",
    "nets.md",
    "numbers.md",
    "seeing.md",
    "sequence-to-sequence.md",
    "text-nets.md",
    "transfer.md",
    "transformers.md",
    "unsupervised.md",
    "what-a-net-can-do.md",
    "word-vectors.md",
}
"""Run by ``make check-slow``: CI has twenty minutes for everything."""
GUIDES = [
    pytest.param(path, marks=pytest.mark.slow if path.name in SLOW else ())
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
]


def _load_blocks():
    spec = importlib.util.spec_from_file_location("guide_blocks", Path(__file__).with_name("guide_blocks.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules["guide_blocks"] = module
    spec.loader.exec_module(module)
    return module


guide = _load_blocks()


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "140"}
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=540, check=False
    )


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_a_guide_does_what_it_says(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__guide__"}
    ran = 0
    for block in guide.blocks(path):
        where = f"{path.name}:{block.line}"
        if block.language == "python":
            exec(compile(block.text, where, "exec"), namespace)
            ran += 1
        elif block.language == "console":
            for command in guide.commands(block):
                ran += 1
                if command.text.startswith("make "):
                    target = command.text.split()[1]
                    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), (
                        f"{where}: no target {target}"
                    )
                    continue
                done = run(command.text, tmp_path)
                assert done.returncode == command.code, (
                    f"{path.name}:{command.line}: {command.text}\n{done.stdout}\n{done.stderr}"
                )
    assert ran, f"{path.name} shows nothing that can be run"


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.name)
def test_an_example_runs_to_its_end(path: Path, tmp_path: Path) -> None:
    done = run(f"{sys.executable} {path}", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), "an example shows what it found"
