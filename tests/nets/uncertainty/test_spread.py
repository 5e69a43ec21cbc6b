"""Entropies and variances of members against scipy, their sums, and the ends of the scale."""

import numpy as np
import pytest
from scipy import special, stats

from assay.nets.uncertainty.spread import class_spread, value_spread


def logits(n: int = 30, members: int = 7, outputs: int = 4, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=2.0, size=(n, members, outputs))


def test_the_parts_of_an_entropy_are_those_of_scipy():
    given = logits()
    found = class_spread(given)
    each = special.softmax(given, axis=2)
    assert found.probability == pytest.approx(each.mean(axis=1))
    assert found.total == pytest.approx(stats.entropy(each.mean(axis=1), axis=1))
    assert found.aleatoric == pytest.approx(stats.entropy(each, axis=2).mean(axis=1))
    divergence = stats.entropy(each, each.mean(axis=1)[:, None], axis=2).mean(axis=1)  # of each member from their mean
    assert found.epistemic == pytest.approx(divergence)


def test_one_logit_and_two_say_the_same():
    given = logits(outputs=1)
    one, two = class_spread(given), class_spread(np.concatenate([np.zeros_like(given), given], axis=2))
    assert one.probability == pytest.approx(two.probability[:, 1])
    for name in ("total", "aleatoric", "epistemic"):
        assert getattr(one, name) == pytest.approx(getattr(two, name))


def test_members_that_agree_leave_nothing_epistemic_and_members_that_contradict_nothing_else():
    alike = class_spread(np.repeat(logits(members=1), 5, axis=1))
    assert alike.epistemic == pytest.approx(0, abs=1e-12)
    assert (alike.epistemic >= 0).all()
    torn = class_spread(np.array([[[800.0], [-800.0]]]))
    assert torn.probability == pytest.approx(0.5)
    assert torn.total == pytest.approx(np.log(2))
    assert torn.aleatoric == pytest.approx(0)
    assert torn.epistemic == pytest.approx(np.log(2))


def test_the_law_of_total_variance_is_that_of_a_drawn_mixture():
    random = np.random.default_rng(1)
    values, noise = random.normal(size=(1, 4, 1)), random.uniform(0.1, 2, 4)
    found = value_spread(values, noise)
    member = random.integers(0, 4, 400_000)
    drawn = values[0, member, 0] + np.sqrt(noise[member]) * random.normal(size=len(member))
    assert found.value[0] == pytest.approx(drawn.mean(), abs=0.01)
    assert found.total[0] == pytest.approx(drawn.var(), rel=0.01)
    assert found.total == pytest.approx(found.aleatoric + found.epistemic)
    assert found.spread == pytest.approx(np.sqrt(found.total))
    assert found.epistemic == pytest.approx(np.var(values[0, :, 0]))


def test_noise_may_be_one_number_one_a_member_or_one_a_row_and_member():
    values = np.random.default_rng(2).normal(size=(6, 3, 1))
    one = value_spread(values, 0.5)
    for noise in (np.full(3, 0.5), np.full((6, 3), 0.5)):
        assert value_spread(values, noise).total == pytest.approx(one.total)
    assert (value_spread(values).aleatoric == 0).all()


def test_a_row_alone_says_what_it_says_among_others():
    given = logits()
    whole = class_spread(given)
    for row in (0, 17):
        alone = class_spread(given[row : row + 1])
        assert alone.probability[0] == pytest.approx(whole.probability[row], abs=1e-12)
        assert alone.epistemic[0] == pytest.approx(whole.epistemic[row], abs=1e-12)


@pytest.mark.parametrize("shape", [(3, 2), (3, 0, 1), (3, 2, 0), (3, 2, 1, 1)])
def test_outputs_of_another_form_are_refused(shape):
    with pytest.raises(ValueError, match="n, members, outputs"):
        class_spread(np.zeros(shape))


@pytest.mark.parametrize("noise", [-1.0, np.nan])
def test_a_noise_that_is_no_variance_is_refused(noise):
    with pytest.raises(ValueError, match="noise variance"):
        value_spread(np.zeros((3, 2, 1)), noise)
