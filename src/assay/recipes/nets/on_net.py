"""What the learners share that train a net of another recipe and ask it in a way of their own."""

from dataclasses import dataclass

from assay.data.task import Task
from assay.recipes.nets.learner import NetLearner


@dataclass(frozen=True, kw_only=True)
class OnNet:
    """base: how the net, or each of several, is trained."""

    base: NetLearner

    @property
    def takes_weights(self) -> bool:
        return self.base.takes_weights

    @property
    def objectives(self) -> frozenset[str]:
        return self.base.objectives

    @property
    def draws_rows(self) -> bool:
        return self.base.draws_rows

    def wants_validation(self, task: Task) -> bool:
        return self.base.wants_validation(task)
