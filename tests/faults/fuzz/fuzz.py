"""Fuzzes one reader: ``python tests/faults/fuzz/fuzz.py TARGET CORPUS [libFuzzer's options]``, from the root of the project.

libFuzzer ends with a code other than 0 and writes the bytes into a file when a reader raises anything but an AssayError, takes
more than ten seconds, or needs more than two gigabytes.
"""

import importlib
import random
import sys
import warnings
from pathlib import Path

import atheris

ROOT = Path(__file__).parents[3]
SEEN = (
    *("zipfile", "assay.bundle", "assay.bundle.model", "assay.cli.folders", "assay.core.records", "assay.core.npz", "assay.data"),
    *("assay.data.images", "assay.data.sources.files", "assay.measure.payload", "assay.recipes.fitted", "assay.splits.ledger"),
    *("assay.study.folder", "assay.study.study"),
)
"""What tells the fuzzer which bytes lead somewhere new: these, and what they import."""


LIMITS = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=400000", "-print_final_stats=1"]


def main() -> None:
    warnings.simplefilter("ignore")
    sys.path.insert(0, str(ROOT))
    importlib.import_module("torch")  # takes seconds, which would be counted as those of the bytes that need it first
    with atheris.instrument_imports(include=["assay", "zipfile"]):
        for name in SEEN:
            importlib.import_module(name)
    from tests.faults.fuzz.targets import TARGETS

    target = TARGETS[sys.argv.pop(1)]
    change = target.change

    def changed(content: bytes, most: int, seed: int) -> bytes:
        draw = random.Random(seed)
        if change is None or not content or draw.random() < 0.05:
            return atheris.Mutate(content, most)
        try:
            return change(content, most, draw, atheris.Mutate)
        except Exception:  # noqa: BLE001 - bytes that were changed so far that they cannot be opened any more
            return atheris.Mutate(content, most)

    more = {} if change is None else {"custom_mutator": changed}
    atheris.Setup([*sys.argv, *LIMITS], target.read, **more)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
