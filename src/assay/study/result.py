"""What a study found, and what one can do with it: look, compare, finish."""

from typing import Any

import polars as pl

from assay.bundle.model import Model
from assay.core.files import canonical_json, write_atomic
from assay.study.finish import finish_study
from assay.study.folder import disk_errors
from assay.study.scores import Scores
from assay.study.summary import summarize


class StudyResult(Scores):
    """The result of a study as far as its run has come."""

    def leaderboard(self) -> pl.DataFrame:
        """name, recipe, treatment, value, low, high, failure: best first, failures last."""
        rows = [
            {key: row[key] for key in ("name", "recipe", "treatment", "value", "low", "high", "failure")}
            for row in self.summary()["rows"]
        ]
        numbers = {"value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "failure": pl.String}
        return pl.DataFrame(rows, schema_overrides=numbers)

    def summary(self) -> dict[str, Any]:
        """The object that ``--json`` prints."""
        return summarize(self)

    def write_leaderboard(self) -> None:
        """leaderboard.json in the run folder: the summary without wall-clock seconds, so that equal runs give equal bytes."""
        summary = self.summary()
        kept = {key: summary[key] for key in ("schema", "task", "metric", "verdicts", "winner")}
        kept["rows"] = [{key: value for key, value in row.items() if key != "seconds"} for row in summary["rows"]]
        with disk_errors(self.folder.path):
            write_atomic(self.folder.path / "leaderboard.json", (canonical_json(kept) + "\n").encode())

    def finish(self, *, prefer: str = "best", margin: float | None = None, reason: str = "") -> Model:
        """Open the lock, on record: refit the winner on all development rows, measure it on the test rows, save it.

        prefer: "best" by the metric, or "simple": the simplest candidate that is equivalent to the best within ``margin``.
        reason: why the rows are opened, kept in the ledger.  The model is also saved in the run folder, as ``model``.
        """
        with self.folder.locked():
            return finish_study(self, prefer=prefer, margin=margin, reason=reason)
