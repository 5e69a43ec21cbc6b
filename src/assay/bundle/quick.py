"""Answers to records without frames, for a server: equal to ``Model.predict`` to the last bit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from assay.bundle.model import Model, answer_columns
from assay.prepare.quick import Cells, QuickColumns


@dataclass(frozen=True)
class QuickModel:
    """A model of numbers and categories; see ``prepare.quick`` for what it takes."""

    model: Model
    columns: QuickColumns

    @classmethod
    def of(cls, model: Model) -> Self | None:
        """None for a model that answers through frames only."""
        columns = QuickColumns.of(model.fitted.step, model.fitted.schema)
        return None if columns is None else cls(model, columns)

    def read(self, records: Sequence[object]) -> list[Cells] | None:
        """The cells of each feature; None where ``conform`` must look at the records."""
        return self.columns.read(records) if records else None

    def answers(self, cells: Sequence[Cells]) -> list[dict[str, Any]]:
        """One answer a record that was read, as ``Model.predict(records).to_dicts()`` has them."""
        fitted, matrix = self.model.fitted, self.columns.matrix(cells)
        predictions = fitted.predict_matrix(matrix, np.arange(len(matrix)))
        columns: dict[str, list[Any]] = {
            name: values.tolist() for name, values in answer_columns(fitted.task, predictions, self.model.threshold).items()
        }
        if fitted.task.is_classification:
            columns["prediction"] = list(map(fitted.task.classes.__getitem__, columns["prediction"]))
        return in_rows(columns)


def in_rows(columns: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    """One dict a row.  Those of binary tasks and regressions are written out: to zip names into each takes four times as long."""
    names = tuple(columns)
    if len(names) == 3:
        a, b, c = names
        return [{a: x, b: y, c: z} for x, y, z in zip(*columns.values(), strict=True)]
    if len(names) == 1:
        return [{names[0]: x} for x in columns[names[0]]]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
