"""Commands as the tests run them, and the small data they run on."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sklearn.datasets import load_breast_cancer

COLUMNS = 8
ROWS = 240
QUICK = ["--recipes", "baseline,naive-bayes,logistic", "--folds", "3", "--jobs", "1"]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def object(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def complaint(self) -> str:
        """The one line on stderr of a command that ended with 2."""
        lines = self.err.splitlines()
        assert self.code == 2, self
        assert len(lines) == 1, self
        assert lines[0].startswith("assay: "), self
        return lines[0]


Command = Callable[..., Done]


def start(*words: object, code: str | None = None, cwd: Path | None = None) -> subprocess.Popen[str]:
    """The command as a process of its own; code: Python to run it in, instead of ``-m assay``."""
    head = ["-m", "assay"] if code is None else ["-c", code]
    return subprocess.Popen(
        [sys.executable, *head, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def table(rows: int = ROWS) -> list[list[str]]:
    """scikit-learn's breast cancer data: a header, some columns, and the class as a word."""
    loaded = load_breast_cancer()
    names = [str(name).replace(" ", "_") for name in loaded.feature_names[:COLUMNS]]
    words = ["malignant", "benign"]
    lines = [[*names, "diagnosis"]]
    for values, code in zip(loaded.data[:rows], loaded.target[:rows], strict=True):
        lines.append([*(str(value) for value in values[:COLUMNS]), words[code]])
    return lines


def write_csv(path: Path, lines: list[list[str]]) -> Path:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path
