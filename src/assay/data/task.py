"""The question that is asked of the data: what is predicted, and in which form."""

from dataclasses import dataclass
from typing import Any

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean


@dataclass(frozen=True, slots=True)
class TaskForm:
    """What every task of one name has in common.

    prediction: the form of its ``Predictions`` payload (see measure.payload).
    default_metric: the metric a study uses unless told otherwise.
    """

    name: str
    prediction: str
    default_metric: str
    summary: str


TASKS: dict[str, TaskForm] = {
    form.name: form
    for form in (
        TaskForm("binary", "binary", "roc_auc", "one of two classes, one of them the positive"),
        TaskForm("multiclass", "multiclass", "accuracy", "one of three or more classes"),
        TaskForm("regression", "value", "rmse", "a number"),
    )
}


def task_form(name: str) -> TaskForm:
    """The form of a task by name; raises ConfigError with the nearest name."""
    if name not in TASKS:
        raise ConfigError(f"no task {name!r}{did_you_mean(name, TASKS)}")
    return TASKS[name]


@dataclass(frozen=True, slots=True)
class Task:
    """One concrete question.

    target: the target column's name.
    classes: the class labels as text, in code order; for binary the positive class is the last. Empty for regression.
    """

    name: str
    target: str
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        task_form(self.name)
        if self.name == "binary" and len(self.classes) != 2:
            raise ConfigError(f"a binary task has two classes, not {len(self.classes)}: {', '.join(self.classes[:5])}.")

    @property
    def is_classification(self) -> bool:
        return bool(self.classes)

    @property
    def positive(self) -> str | None:
        return self.classes[1] if self.name == "binary" else None

    @property
    def default_metric(self) -> str:
        return task_form(self.name).default_metric

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "target": self.target, "classes": list(self.classes)}

    @staticmethod
    def from_json(value: dict[str, Any]) -> "Task":
        return Task(value["name"], value["target"], tuple(value["classes"]))
