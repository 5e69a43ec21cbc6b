"""What every loss must do, by name, for K classes and for one logit: shape, finiteness, gradient, rows apart, order."""

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from itertools import permutations

import pytest
import torch
from torch import Tensor

from assay.nets.losses.members import PerMember
from assay.nets.losses.registry import LOSSES
from assay.nets.losses.row import RowLoss

N = 9
COUNTS, PRIORS, WEIGHTS = (400, 60, 9), (0.8, 0.15, 0.05), (0.3, 1.0, 4.0)


@dataclass(frozen=True)
class Case:
    """columns: of the output.  classes: of the target, 0 for a number.  settings(order): those by class in another order."""

    name: str
    columns: int
    classes: int
    settings: Callable[[tuple[int, ...]], dict[str, object]] = lambda _: {}

    def loss(self, order: tuple[int, ...] | None = None) -> RowLoss:
        return LOSSES.get(self.name)(**self.settings(order or tuple(range(self.classes))))

    def rows(self, dtype: torch.dtype = torch.float64, seed: int = 0, scale: float = 1.0) -> tuple[Tensor, Tensor]:
        generator = torch.Generator().manual_seed(seed)
        output = torch.randn(N, self.columns, generator=generator, dtype=dtype) * scale
        if self.classes:
            return output, torch.arange(N) % self.classes
        return output, torch.randn(N, generator=generator, dtype=dtype) * 2


def ordered(values: tuple, order: tuple[int, ...]) -> tuple:
    return tuple(values[place] for place in order)


CASES = [
    Case("mse", 1, 0),
    Case("mae", 1, 0),
    Case("huber", 1, 0),
    Case("pinball", 3, 0, lambda _: {"levels": (0.1, 0.5, 0.8)}),
    Case("ordinal", 3, 4),
    Case("binary-cross-entropy", 1, 2),
    Case("binary-cross-entropy", 1, 2, lambda _: {"label_smoothing": 0.1}),
    Case("cross-entropy", 3, 3),
    Case("cross-entropy", 3, 3, lambda _: {"label_smoothing": 0.1}),
    Case("weighted-cross-entropy", 3, 3, lambda order: {"weights": ordered(WEIGHTS, order)}),
    Case("weighted-cross-entropy", 1, 2, lambda order: {"weights": ordered(WEIGHTS, order)}),
    Case("class-balanced", 3, 3, lambda order: {"counts": ordered(COUNTS, order), "beta": 0.99}),
    Case("class-balanced", 1, 2, lambda order: {"counts": ordered(COUNTS, order)}),
    Case("focal", 3, 3, lambda order: {"gamma": 0.5, "alpha": ordered(WEIGHTS, order)}),
    Case("focal", 3, 3),
    Case("focal", 1, 2, lambda order: {"alpha": ordered((0.75, 0.25), order)}),
    Case("complement-cross-entropy", 3, 3),
    Case("complement-cross-entropy", 1, 2),
    Case("ldam", 3, 3, lambda order: {"counts": ordered(COUNTS, order), "weights": ordered(WEIGHTS, order), "scale": 5.0}),
    Case("ldam", 1, 2, lambda order: {"counts": ordered(COUNTS, order)}),
    Case("logit-adjustment", 3, 3, lambda order: {"priors": ordered(PRIORS, order), "tau": 1.5}),
    Case("logit-adjustment", 1, 2, lambda order: {"priors": ordered((0.9, 0.1), order)}),
]


def by_name(case: Case) -> str:
    return f"{case.name}, {case.columns} outputs"


every_case = pytest.mark.parametrize("case", CASES, ids=by_name)
OF_CLASSES = [case for case in CASES if case.classes and case.name != "ordinal"]
every_case_of_classes = pytest.mark.parametrize("case", OF_CLASSES, ids=by_name)


def test_every_loss_has_a_case():
    assert {case.name for case in CASES} == set(LOSSES.names())


@every_case
def test_a_loss_is_a_frozen_record_of_plain_settings(case):
    loss = case.loss()
    assert is_dataclass(loss)
    assert not hasattr(loss, "__dict__")
    values = [getattr(loss, field.name) for field in fields(loss)]
    assert all(isinstance(value, float | int | tuple | None) for value in values)
    assert hash(loss) == hash(case.loss())


@every_case
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_loss_is_one_number_a_row_in_the_type_of_the_output(case, dtype):
    output, target = case.rows(dtype)
    losses = case.loss()(output, target)
    assert losses.shape == (N,)
    assert losses.dtype == dtype


@every_case
def test_a_loss_stays_on_the_device_of_its_output(case):
    output, target = case.rows()
    losses = case.loss()(output.to("meta"), target.to("meta"))  # a device that no tensor of the processor may meet
    assert losses.device.type == "meta"
    assert losses.shape == (N,)


@every_case
@pytest.mark.parametrize("high", [80.0, 1000.0])
def test_value_and_gradient_are_finite_in_single_precision_at_extreme_outputs(case, high):
    corners = torch.cartesian_prod(*[torch.tensor([-high, 0.0, high])] * case.columns).view(-1, case.columns)
    for code in range(case.classes or 1):
        output = corners.clone().requires_grad_()
        target = torch.full((len(corners),), code) if case.classes else torch.zeros(len(corners))
        losses = case.loss()(output, target)
        losses.sum().backward()
        assert torch.isfinite(losses).all()
        assert output.grad is not None
        assert torch.isfinite(output.grad).all()


@every_case
@pytest.mark.parametrize("scale", [0.3, 3.0])
def test_the_gradient_is_the_numeric_one(case, scale):
    output, target = case.rows(scale=scale, seed=1)
    loss = case.loss()
    assert torch.autograd.gradcheck(lambda given: loss(given, target), (output.requires_grad_(),), eps=1e-6, atol=1e-6, rtol=1e-4)


@every_case
def test_a_rows_loss_does_not_depend_on_the_other_rows(case):
    output, target = case.rows()
    loss = case.loss()
    whole = loss(output, target)
    each = torch.cat([loss(output[row : row + 1], target[row : row + 1]) for row in range(N)])
    torch.testing.assert_close(each, whole, rtol=1e-12, atol=1e-14)


@every_case
def test_rows_in_another_order_have_the_same_losses_in_that_order(case):
    output, target = case.rows()
    order = torch.randperm(N, generator=torch.Generator().manual_seed(3))
    loss = case.loss()
    torch.testing.assert_close(loss(output[order], target[order]), loss(output, target)[order], rtol=1e-12, atol=1e-14)


@every_case_of_classes
def test_classes_in_another_order_have_the_same_losses(case):
    output, target = case.rows()
    whole = case.loss()(output, target)
    for order in permutations(range(case.classes)):
        place = torch.tensor(order).argsort()  # where each old class now stands
        moved = output[:, list(order)] if case.columns > 1 else (output if order == (0, 1) else -output)
        torch.testing.assert_close(case.loss(order)(moved, place[target]), whole, rtol=1e-10, atol=1e-13)


# a smoothed label is overshot by a logit that is too sure
@pytest.mark.parametrize("case", [case for case in OF_CLASSES if not getattr(case.loss(), "label_smoothing", 0)], ids=by_name)
def test_a_loss_falls_when_the_logit_of_the_right_class_rises(case):
    output, target = case.rows(scale=0.3)
    loss = case.loss()
    raised = output.clone()
    if case.columns == 1:
        raised[:, 0] += torch.where(target == 1, 0.1, -0.1)
    else:
        raised[torch.arange(N), target] += 0.1
    assert (loss(raised, target) < loss(output, target)).all()


@pytest.mark.parametrize("name", ["mse", "mae", "huber", "pinball"])
def test_a_loss_of_a_number_falls_when_the_output_comes_nearer(name):
    case = next(case for case in CASES if case.name == name)
    output, target = case.rows()
    nearer = output + 0.1 * (target.unsqueeze(1) - output)
    assert (case.loss()(nearer, target) < case.loss()(output, target)).all()


@every_case
def test_a_loss_of_members_is_the_mean_of_theirs(case):
    output, target = case.rows()
    members = torch.stack([output, output * 0.5, output + 1], dim=1)
    losses = PerMember(case.loss())(members, target)
    expected = torch.stack([case.loss()(members[:, place], target) for place in range(3)]).mean(dim=0)
    torch.testing.assert_close(losses, expected, rtol=1e-12, atol=1e-14)
