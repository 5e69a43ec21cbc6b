"""One word stands for the loss that fits the task."""

import pytest
import torch

from assay.core.errors import ConfigError, UnknownNameError
from assay.nets.losses.binary import BinaryCrossEntropy
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.losses.complement import ComplementCrossEntropy
from assay.nets.losses.deferred import Deferred
from assay.nets.losses.focal import Focal
from assay.nets.losses.huber import Huber
from assay.nets.losses.ldam import LDAM
from assay.nets.losses.logit_adjustment import LogitAdjustment
from assay.nets.losses.mae import AbsoluteError
from assay.nets.losses.mse import SquaredError
from assay.nets.losses.named import OF_CLASSES, OF_NUMBERS, loss_named
from assay.nets.losses.registry import LOSSES
from assay.nets.losses.weighted import ClassBalancedCrossEntropy, WeightedCrossEntropy


def test_every_loss_is_of_classes_or_of_numbers_or_has_a_head_of_its_own():
    assert {*OF_CLASSES, *OF_NUMBERS, "pinball", "ordinal"} == set(LOSSES.names())


@pytest.mark.parametrize(("name", "loss"), [("mse", SquaredError()), ("mae", AbsoluteError()), ("huber", Huber(1.0))])
def test_a_number_gets_the_loss_of_numbers(name, loss):
    assert loss_named(name) == loss


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("cross-entropy", CrossEntropy()),
        ("weighted-cross-entropy", WeightedCrossEntropy((0.5, 1.0, 4.0))),
        ("class-balanced", ClassBalancedCrossEntropy((80, 40, 10), beta=0.9999)),
        ("focal", Focal(2.0)),
        ("complement-cross-entropy", ComplementCrossEntropy(-1.0)),
        ("logit-adjustment", LogitAdjustment((80 / 130, 40 / 130, 10 / 130), tau=1.0)),
    ],
)
def test_three_classes_get_the_published_settings(name, loss):
    if name == "weighted-cross-entropy":
        assert loss_named(name, counts=(80, 40, 10)).weights == pytest.approx((130 / 240, 130 / 120, 130 / 30))
    else:
        assert loss_named(name, counts=(80, 40, 10)) == loss


def test_ldam_is_deferred_reweighting():
    loss = loss_named("ldam", counts=[80, 40, 10])
    assert isinstance(loss, Deferred)
    assert loss.first == LDAM((80, 40, 10), 0.5, 1.0, None), "no head of ours gives cosines, which alone need a scale"
    assert isinstance(loss.then, LDAM)
    assert loss.then.weights is not None
    assert sum(loss.then.weights) == pytest.approx(3)


@pytest.mark.parametrize(("counts", "alpha"), [((90, 10), (0.75, 0.25)), ((10, 90), (0.25, 0.75)), ((50, 50), (0.75, 0.25))])
def test_focal_of_two_classes_takes_the_rarer_one_for_the_foreground(counts, alpha):
    assert loss_named("focal", counts=counts) == Focal(2.0, alpha)


@pytest.mark.parametrize("name", OF_CLASSES)
def test_two_classes_get_a_loss_of_one_logit(name):
    loss = loss_named(name, counts=(30, 6))
    assert loss(torch.zeros(4, 1), torch.tensor([0, 1, 1, 0])).shape == (4,)


@pytest.mark.parametrize("name", [name for name in OF_CLASSES if name != "binary-cross-entropy"])
def test_three_classes_get_a_loss_of_three_logits(name):
    loss = loss_named(name, counts=(30, 6, 4))
    assert loss(torch.zeros(4, 3), torch.tensor([0, 1, 2, 0])).shape == (4,)


def test_label_smoothing_goes_with_cross_entropy():
    assert loss_named("cross-entropy", counts=(3, 4), label_smoothing=0.1) == BinaryCrossEntropy(0.1)
    assert loss_named("cross-entropy", counts=(3, 4, 5), label_smoothing=0.1) == CrossEntropy(0.1)
    with pytest.raises(ConfigError, match="goes with cross-entropy, not with 'focal'"):
        loss_named("focal", counts=(3, 4), label_smoothing=0.1)


def test_cross_entropy_needs_no_rows_of_a_class():
    assert loss_named("cross-entropy", counts=(3, 0, 5)) == CrossEntropy()


@pytest.mark.parametrize("name", ["weighted-cross-entropy", "class-balanced", "ldam", "logit-adjustment"])
def test_a_class_without_rows_is_refused_where_its_count_matters(name):
    with pytest.raises(ConfigError, match=r"1 of 3 classes have no training rows \(first: class 1\)"):
        loss_named(name, counts=(3, 0, 5))


@pytest.mark.parametrize(
    ("name", "counts", "message"),
    [
        ("focal", None, "is for classes and the target is a number"),
        ("mse", (3, 4), "is for numbers and the target has classes"),
        ("pinball", None, "head of its own"),
        ("ordinal", (3, 4, 5), "head of its own"),
        ("binary-cross-entropy", (3, 4, 5), "for 2 classes and the target has 3"),
        ("focal", (3,), "needs at least 2"),
    ],
)
def test_a_loss_that_does_not_fit_the_target_is_refused(name, counts, message):
    with pytest.raises(ConfigError, match=message):
        loss_named(name, counts=counts)


def test_an_unknown_name_is_met_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'focal'"):
        loss_named("focl", counts=(3, 4))
