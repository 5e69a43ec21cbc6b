"""The losses by name. Each stands for a class whose settings are its fields; ``named.loss_named`` fills them in for a task."""

from collections.abc import Callable

from assay.core.registry import Registry
from assay.nets.losses.row import RowLoss

LOSSES: Registry[Callable[..., RowLoss]] = Registry("loss")

LOSSES.add("mse", "assay.nets.losses.mse:SquaredError")
LOSSES.add("mae", "assay.nets.losses.mae:AbsoluteError")
LOSSES.add("huber", "assay.nets.losses.huber:Huber")
LOSSES.add("cross-entropy", "assay.nets.losses.categorical:CrossEntropy")
LOSSES.add("binary-cross-entropy", "assay.nets.losses.binary:BinaryCrossEntropy")
LOSSES.add("weighted-cross-entropy", "assay.nets.losses.weighted:WeightedCrossEntropy")
LOSSES.add("class-balanced", "assay.nets.losses.weighted:ClassBalancedCrossEntropy")
LOSSES.add("focal", "assay.nets.losses.focal:Focal")
LOSSES.add("complement-cross-entropy", "assay.nets.losses.complement:ComplementCrossEntropy")
LOSSES.add("ldam", "assay.nets.losses.ldam:LDAM")
LOSSES.add("logit-adjustment", "assay.nets.losses.logit_adjustment:LogitAdjustment")
LOSSES.add("pinball", "assay.nets.losses.pinball:Pinball")
LOSSES.add("ordinal", "assay.nets.losses.ordinal:Ordinal")
