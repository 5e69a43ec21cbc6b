"""Studies: the only place that compares recipes, because pairing is enforced here."""

from assay.study.study import Progress, Study

__all__ = ["Progress", "Study"]
