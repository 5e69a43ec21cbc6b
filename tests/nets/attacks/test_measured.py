"""Accuracy under attack and corruption: what is counted, on which rows, and that the intervals are those of the measures."""

import numpy as np
import pytest
from tests.nets.attacks.digits import fitted, held

from assay.core.errors import ConfigError, DataError
from assay.measure.proportion import proportion_interval
from assay.nets.attacks.measured import AttackSettings, under_attack, under_corruption
from assay.nets.attacks.one_pixel import OnePixel
from assay.nets.attacks.victim import Victim
from assay.recipes.nets.attacked import victim_of

ROWS = 60


@pytest.fixture(scope="module")
def victim() -> Victim:
    return victim_of(fitted())


def test_accuracy_falls_with_the_bound_and_pgd_is_stronger_than_fgsm(victim: Victim) -> None:
    pictures, codes = held(ROWS)
    lines = under_attack(victim, pictures, codes, AttackSettings(eps=(4, 24), steps=10))
    found = {line.title: line for line in lines}
    assert list(found) == ["fgsm eps 4", "fgsm eps 24", "pgd eps 4", "pgd eps 24"]
    values = {name: line.accuracy.value or 0.0 for name, line in found.items()}
    assert values["pgd eps 24"] < 0.7 * values["pgd eps 4"]
    assert values["pgd eps 24"] <= values["fgsm eps 24"]
    for line in lines:
        assert line.pictures is not None
        right = int((line.answers == codes).sum())
        assert line.accuracy == proportion_interval(right, ROWS)
        clean = int((victim.answers(victim.scaled(pictures)) == codes).sum())
        assert line.clean == proportion_interval(clean, ROWS)
        drop = line.drop.interval
        assert drop.value == pytest.approx((clean - right) / ROWS)
        assert drop.low is not None
        assert drop.low <= drop.value <= (drop.high or 1)  # type: ignore[operator]
        changed = np.abs(line.pictures.astype(int) - pictures)
        assert changed.max() <= (line.setting or 0)
        np.testing.assert_allclose(changed.reshape(ROWS, -1).max(axis=1), line.change, atol=1e-4)
        assert np.array_equal(victim.answers(victim.scaled(line.pictures)), line.answers), "what is kept is what was measured"


def test_the_drop_is_paired_and_so_narrower_than_that_of_two_samples(victim: Victim) -> None:
    pictures, codes = held(ROWS)
    (line,) = under_attack(victim, pictures, codes, AttackSettings(attacks=("fgsm",), eps=(8,)))
    drop, clean, other = line.drop.interval, line.clean, line.accuracy
    apart = np.hypot(clean.high - clean.low, other.high - other.low)  # type: ignore[operator]
    assert drop.high - drop.low < apart  # type: ignore[operator]


def test_a_target_is_aimed_at_from_all_other_classes_and_counted(victim: Victim) -> None:
    pictures, codes = held(ROWS)
    (line,) = under_attack(victim, pictures, codes, AttackSettings(attacks=("pgd",), eps=(40,), target="8", steps=10))
    assert np.array_equal(line.rows, np.flatnonzero(codes != 8))
    reached = int((line.answers == 8).sum())
    assert line.reached == proportion_interval(reached, len(line.rows))
    before = int((victim.answers(victim.scaled(pictures[line.rows])) == 8).sum())
    assert reached > before + 10
    with pytest.raises(ConfigError, match="no class '10'"):
        under_attack(victim, pictures, codes, AttackSettings(target="10"))
    with pytest.raises(DataError, match="but those of class '8'"):
        under_attack(victim, pictures[codes == 8], codes[codes == 8], AttackSettings(target="8"))


def test_one_pixel_lines_change_one_pixel_a_picture(victim: Victim) -> None:
    pictures, codes = held(4)
    settings = AttackSettings(attacks=("one-pixel",), one_pixel=OnePixel(population=10, generations=2))
    first, again = (under_attack(victim, pictures, codes, settings)[0] for _ in range(2))
    assert first.setting is None
    assert first.pictures is not None
    assert again.pictures is not None
    assert np.array_equal(first.pictures, again.pictures)
    assert ((first.pictures != pictures).any(axis=1).sum(axis=(1, 2)) <= 1).all()


def test_corruptions_are_measured_in_five_strengths_and_their_mean_error_is_that_of_the_lines(victim: Victim) -> None:
    pictures, codes = held(ROWS)
    lines, errors = under_corruption(victim, pictures, codes, names=("contrast", "gaussian-blur"), seed=0)
    assert [line.title for line in lines[:2]] == ["contrast 1", "contrast 2"]
    assert len(lines) == 10
    means = {
        name: np.mean([1 - (line.accuracy.value or 0) for line in lines if line.name == name])
        for name in ("contrast", "gaussian-blur")
    }
    found = {one.name: one.error for one in errors}
    for name, mean in means.items():
        assert found[name].value == pytest.approx(mean)
    assert found["mean"].value == pytest.approx(np.mean(list(means.values())))
    assert all(0 <= (one.low or 0) <= (one.value or 0) <= (one.high or 0) <= 1 for one in found.values())


def test_a_model_that_is_never_wrong_has_an_error_of_0_and_an_interval_that_is_not(victim: Victim) -> None:
    pictures, _ = held(20)
    _, certain = under_corruption(always(victim), pictures, np.zeros(20, dtype=int), names=("jpeg",), seed=0)
    assert certain[0].error.value == 0
    assert (certain[0].error.high or 0) == pytest.approx(0.1684, abs=2e-3), "Clopper and Pearson's bound of 0 in 20"


def always(victim: Victim) -> Victim:
    """The victim, but that it answers with class 0 whatever it sees."""
    return Victim(victim.model, victim.classes, 10, 1, 32, lambda raw: np.zeros(len(raw), dtype=np.int64))


def test_settings_that_cannot_be_are_refused(victim: Victim) -> None:
    with pytest.raises(ConfigError, match="no attack 'fgms'; did you mean 'fgsm'"):
        AttackSettings(attacks=("fgms",))
    with pytest.raises(ConfigError, match="outside"):
        AttackSettings(eps=(0,))
    with pytest.raises(ConfigError, match="named twice"):
        AttackSettings(eps=(2, 2))
    with pytest.raises(DataError, match="no picture"):
        under_corruption(victim, np.zeros((0, 1, 32, 32), dtype=np.uint8), np.zeros(0), seed=0)
