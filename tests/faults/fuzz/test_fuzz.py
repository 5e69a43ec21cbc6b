"""Readers under a fuzzer: bytes are taken, or refused in one line; nothing else happens, and nothing takes long.

The slow test gives each reader its share of ASSAY_FUZZ_SECONDS (600).  The quick one answers a few changed files of each kind, so
that what is fuzzed is what there is.
"""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.faults.fuzz.seeds import SEEDS, write_seeds
from tests.faults.fuzz.targets import TARGETS

HERE = Path(__file__)
SECONDS = float(os.environ.get("ASSAY_FUZZ_SECONDS", "600"))
MOST_CHANGED = 30


def flipped(content: bytes, most: int, draw: random.Random) -> bytes:
    """In the place of the fuzzer's own: a byte is another one, or some are gone."""
    changed = bytearray(content)
    for _ in range(draw.randrange(1, 4)):
        at = draw.randrange(len(changed) + 1)
        changed[at : at + draw.choice([1, 1, 1, 9])] = draw.choice([b"", b"\0", b"\xff", b"9", bytes([draw.randrange(256)])])
    return bytes(changed[:most])


def test_every_reader_has_files_to_begin_with() -> None:
    assert SEEDS.keys() == TARGETS.keys()


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("name", TARGETS)
def test_changed_files_are_taken_or_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_seeds(name, tmp_path / "seeds", few=True)
    target, draw = TARGETS[name], random.Random(name)
    seeds = [path.read_bytes() for path in sorted((tmp_path / "seeds").iterdir())]
    for content in seeds:
        target.read(content)
    for _ in range(MOST_CHANGED):
        content = draw.choice(seeds)
        if target.change is None or draw.random() < 0.3:
            target.read(flipped(content, len(content) + 100, draw))
        else:
            target.read(target.change(content, 10**6, draw, lambda inner, most: flipped(inner, most, draw)))


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_no_bytes_bring_a_reader_to_fall(name: str, tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris is not installed")
    write_seeds(name, tmp_path / "seeds")
    (tmp_path / "corpus").mkdir()
    (tmp_path / "found").mkdir()
    words = [str(tmp_path / "corpus"), str(tmp_path / "seeds"), f"-artifact_prefix={tmp_path}/found/", "-seed=1"]
    seconds = max(1, int(SECONDS / len(TARGETS)))
    done = subprocess.run(
        [sys.executable, str(HERE.with_name("fuzz.py")), name, *words, f"-max_total_time={seconds}"],
        cwd=HERE.parents[3],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    found = [path.read_bytes() for path in (tmp_path / "found").iterdir()]
    assert done.returncode == 0, f"{found[:1]}\n{done.stderr[-6000:]}"
    assert found == []
    assert "stat::number_of_executed_units" in done.stderr
    shutil.rmtree(tmp_path)
