import numpy as np
import pytest
import torch

from assay.nets.generate.conditions import Asked, DrawnByLevel, asked_levels, condition, level_counts
from assay.nets.generate.gan import (
    PENALTY,
    ConditionalGAN,
    CTGANSpec,
    critic_loss,
    generator_loss,
    slope_penalty,
    whole_packs,
)
from assay.nets.generate.mixed import MixedColumns
from assay.nets.seeding import isolated

COLUMNS = MixedColumns(1, (3, 2))
N = 600


def rows(n: int = N) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(0)
    first = rng.choice(3, n, p=[0.9, 0.08, 0.02])
    classes = (rng.random(n) < np.array([0.05, 0.5, 0.9])[first]).astype(np.int64)
    table = np.column_stack([rng.normal(size=n), first, rng.integers(0, 2, n)])
    return torch.from_numpy(table), torch.from_numpy(classes)


def gan(pack: int = 2) -> ConditionalGAN:
    with isolated(0):
        return CTGANSpec(1, (3, 2), 2, noise=4, hidden=(8, 8), pack=pack).build().double()


def batch(n: int = 12) -> Asked:
    table, classes = rows(n)
    return Asked(table, classes, torch.arange(n) % 3)


def test_the_penalty_is_that_of_slopes_by_finite_differences():
    model, asked = gan(), torch.rand(4, 7, dtype=torch.float64)
    real, made = torch.randn(4, 6, dtype=torch.float64), torch.randn(4, 6, dtype=torch.float64)
    found = slope_penalty(model, real, made, asked, torch.Generator().manual_seed(3))
    share = torch.rand((2, 1, 1), generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    between = (real.view(2, 2, 6) + share * (made - real).view(2, 2, 6)).view(4, 6)
    slopes = torch.zeros(4, 6, dtype=torch.float64)
    for row in range(4):
        for column in range(6):
            ends = []
            for sign in (1, -1):
                moved = between.clone()
                moved[row, column] += sign * 1e-6
                ends.append(float(model.judged(moved, asked).sum().detach()))
            slopes[row, column] = (ends[0] - ends[1]) / 2e-6
    lengths = slopes.view(2, 12).norm(dim=1)
    assert float(found.detach()) == pytest.approx(float(((lengths - 1) ** 2).mean()), rel=1e-5)


def test_the_penalty_has_gradients_for_the_critic_that_are_those_of_finite_differences():
    model, asked = gan(), torch.rand(4, 7, dtype=torch.float64)
    real, made = torch.randn(4, 6, dtype=torch.float64), torch.randn(4, 6, dtype=torch.float64)
    weight = model.critic[0].weight

    def penalty() -> torch.Tensor:
        return slope_penalty(model, real, made, asked, torch.Generator().manual_seed(3))

    [slope] = torch.autograd.grad(penalty(), weight)
    for place in ((0, 0), (3, 5), (7, 20)):
        ends = []
        for sign in (1, -1):
            with torch.no_grad():
                weight[place] += sign * 1e-6
            ends.append(float(penalty().detach()))
            with torch.no_grad():
                weight[place] -= sign * 1e-6
        assert float(slope[place]) == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-4, abs=1e-8)


def test_a_critic_that_does_not_look_pays_the_whole_penalty_and_knows_no_difference():
    model = gan()
    with torch.no_grad():
        for parameter in model.critic.parameters():
            parameter.zero_()
    rng = torch.Generator().manual_seed(0)
    assert float(critic_loss(model, batch(), rng).detach()) == pytest.approx(PENALTY)
    lost = generator_loss(model, batch(), rng)
    assert float(lost.detach()) > 0, "only the levels that were asked for are left"


def test_each_objective_has_gradients_for_its_own_part():
    model = gan()
    critic_loss(model, batch(), torch.Generator().manual_seed(0)).backward()
    assert all(p.grad is None for p in model.generator.parameters())
    assert all(p.grad is not None for p in model.critic.parameters())
    model.zero_grad()
    generator_loss(model, batch(), torch.Generator().manual_seed(0)).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.generator.parameters())


@pytest.mark.parametrize(("rows_given", "kept"), [(12, 10), (10, 10), (4, 5), (1, 5)])
def test_rows_are_cut_to_whole_packs_and_never_to_none(rows_given, kept):
    model = gan(pack=5)
    assert len(whole_packs(model, batch(rows_given))) == kept
    assert torch.isfinite(critic_loss(model, batch(rows_given), torch.Generator().manual_seed(0)))


def test_a_condition_is_one_level_of_one_column_and_the_class():
    table, classes = torch.tensor([[0.0, 2, 1], [0.0, 1, 0], [0.0, 1, 1]]), torch.tensor([0, 1, 1])
    asked = Asked(table, classes, torch.tensor([0, 1, 2]))
    level = asked.level(COLUMNS)
    assert level.tolist() == [2, 0, 0]
    found = condition(COLUMNS, asked.column, level, classes, 2, table)
    assert found.tolist() == [[0, 0, 1, 0, 0, 1, 0], [0, 0, 0, 1, 0, 0, 1], [0, 0, 0, 0, 0, 0, 1]]


def test_rows_are_drawn_by_the_logarithm_of_how_many_have_their_level():
    table, classes = rows()
    source = DrawnByLevel(table, classes, COLUMNS, 2)
    batches = [b for order in range(200) for b in source.epoch(order, 100, 0)]
    column = torch.cat([b.column for b in batches])
    assert torch.bincount(column, minlength=3).double() / len(column) == pytest.approx(1 / 3, abs=0.01)
    drawn = torch.cat([b.table for b in batches])[column == 0, 1].long()
    weight = (torch.bincount(table[:, 1].long()) + 1).double().log()
    assert torch.bincount(drawn).double() / len(drawn) == pytest.approx((weight / weight.sum()).numpy(), abs=0.01)
    told = torch.cat([b.classes for b in batches])[column == 2]
    weight = (torch.bincount(classes) + 1).double().log()
    assert torch.bincount(told).double() / len(told) == pytest.approx((weight / weight.sum()).numpy(), abs=0.01)
    within = torch.cat([b.table for b in batches])[column == 0]
    for level in range(3):
        own = within[within[:, 1] == level, 0]
        assert float(own.mean()) == pytest.approx(
            float(table[table[:, 1] == level, 0].mean()), abs=5 * float(own.std()) / len(own) ** 0.5
        )


def test_an_epoch_that_goes_on_in_the_middle_has_the_same_batches():
    source = DrawnByLevel(*rows(), COLUMNS, 2)
    whole, rest = list(source.epoch(7, 100, 0)), list(source.epoch(7, 100, 4))
    assert len(whole) == source.count(100) == 6
    assert sum(map(len, whole)) == source.rows
    for one, other in zip(whole[4:], rest, strict=True):
        assert torch.equal(one.table, other.table)
        assert torch.equal(one.column, other.column)


def test_a_table_without_codes_and_classes_is_drawn_alike():
    table, classes = torch.arange(50.0)[:, None], torch.zeros(50, dtype=torch.int64)
    [drawn] = DrawnByLevel(table, classes, MixedColumns(1, ()), 0).epoch(0, 50, 0)
    assert len(drawn) == 50
    assert drawn.table.min() < 10 < 40 < drawn.table.max()


def test_levels_are_asked_for_as_often_as_the_class_has_them():
    table, classes = rows()
    counts = level_counts(table, classes, COLUMNS, 2)
    for code in (0, 1):
        own = table[classes == code]
        expected = [(own[:, 1] == level).sum() for level in range(3)] + [(own[:, 2] == level).sum() for level in range(2)]
        assert counts[code].tolist() == [float(count) for count in expected]
        told = torch.full((30_000,), code)
        column, level = asked_levels(counts, COLUMNS, told, told=True, rng=torch.Generator().manual_seed(0))
        assert torch.bincount(column).double() / 30_000 == pytest.approx(1 / 3, abs=0.02)
        found = torch.bincount(level[column == 0], minlength=3).double()
        assert (found / found.sum()).numpy() == pytest.approx((counts[code, :3] / counts[code, :3].sum()).numpy(), abs=0.02)
