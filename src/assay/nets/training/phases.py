"""A training whose loss changes once for all, such as deferred reweighting: one phase after the other.

The learning rate's course and the share of the epochs in each phase are planned for all epochs, and early stopping ends a
training long before them.  If it ended the training in the first phase, the second would never come; if it counted in the
last phase only, the first would go on while it unlearns.  So it ends the phase: the last one then begins at once, at its
own place in the plan (where the rate is small), and goes on from the best weights of the phase before.  The best epoch of
the training is one of its last phase, because only there is what was asked for minimised.
Source of two phases: Cao, Wei, Gaidon, Arechiga & Ma (2019), who stop nothing early.
"""

from assay.nets.training.standing import Progress, Standing


def begin_last_phase(standing: Standing, begins: int, patience: int | None) -> None:
    """After an epoch: into the last phase, if the plan says so or the phase before gains nothing more.

    begins: the epoch of the plan in which the last phase begins; 0 where there is one phase.
    """
    progress = standing.progress
    planned = progress.planned
    if planned > begins or not (planned == begins or out_of_patience(progress, patience)):
        return
    progress.skipped += begins - planned
    if standing.best:
        standing.model.load_state_dict(standing.best)
        if standing.average is not None:
            standing.average.restart(standing.best)
    progress.best_loss, standing.best = None, {}


def out_of_patience(progress: Progress, patience: int | None) -> bool:
    """Whether so many epochs of the present phase have passed since its best one."""
    return patience is not None and progress.best_loss is not None and progress.epoch - 1 - progress.best_epoch >= patience


def planned_epoch(progress: Progress, begins: int) -> int:
    """The best epoch as the plan counts it; before the last phase nothing was passed over."""
    skipped = progress.skipped if progress.best_epoch >= begins - progress.skipped else 0
    return progress.best_epoch + skipped
