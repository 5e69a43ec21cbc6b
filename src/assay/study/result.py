"""What a study found, and what one can do with it: look, compare, finish."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from assay.bundle.model import Model
from assay.core.files import canonical_json, write_atomic
from assay.core.shown import table
from assay.study.card import Purpose
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

    def _repr_html_(self) -> str:
        """For a notebook: the leaderboard, and what the opened lock said."""
        summary, opened = self.summary(), self.opened
        metrics = [metric.name for metric in self.metrics][:4]
        lines = [
            [row["name"], *(row["metrics"].get(name, "") for name in metrics), row["failure"] or ""] for row in summary["rows"]
        ]
        board = table(("candidate", *metrics, ""), lines, f"{self.folder.path.name}: best first, out of fold")
        if opened is None:
            return board + "<div>The locked rows have not been opened.</div>"
        test = [[opened["name"], *(opened["metrics"].get(name, "") for name in metrics)]]
        return board + table(("finished", *metrics), test, f"On the locked rows, opening {opened['openings']}")

    def summary(self) -> dict[str, Any]:
        """The object that ``--json`` prints."""
        return summarize(self)

    def write_leaderboard(self) -> None:
        """leaderboard.json in the run folder: the summary without wall-clock seconds, so that equal runs give equal bytes."""
        summary = self.summary()
        kept = {key: summary[key] for key in ("schema", "task", "metric", "verdicts", "winner", "warnings")}
        kept["rows"] = [{key: value for key, value in row.items() if key != "seconds"} for row in summary["rows"]]
        with disk_errors(self.folder.path):
            write_atomic(self.folder.path / "leaderboard.json", (canonical_json(kept) + "\n").encode())

    def finish(
        self,
        *,
        prefer: str = "best",
        margin: float | None = None,
        reason: str = "",
        intended_use: str = "",
        fairness: Sequence[str] = (),
    ) -> Model:
        """Open the lock, on record: refit the winner on all development rows, measure it on the test rows, save it.

        prefer: "best" by the metric, or "simple": the simplest candidate that is equivalent to the best within ``margin``.
        reason: why the rows are opened, kept in the ledger.  intended_use: what the model is for, kept on its card.
        fairness: columns that say which group of people a row is of; the errors in each are measured and kept on the card.
        The model is also saved in the run folder, as ``model``.
        """
        with self.folder.locked():
            purpose = Purpose(intended_use, tuple(fairness))
            return finish_study(self, prefer=prefer, margin=margin, reason=reason, purpose=purpose)
