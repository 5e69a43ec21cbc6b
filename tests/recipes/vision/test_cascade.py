"""The cascade: its stumps against every possible one, its stages, its detections in whole pictures."""

import numpy as np
import pytest
from PIL import Image

from assay.core.errors import BundleError, ConfigError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare.vision.haar import all_features
from assay.recipes.learner import Budget, Context
from assay.recipes.linear import FittedLinear
from assay.recipes.vision.cascade import FittedCascade, side_of
from assay.recipes.vision.detector import detect, overlaps
from assay.recipes.vision.stumps import Sorted, answers, reweighed
from assay.recipes.vision.viola_jones import Cascade
from assay.recipes.vision.windows import Windows

SIDE = 12
BINARY = Task("binary", "y", ("no", "yes"))


def faces(n: int, rng: np.random.Generator) -> np.ndarray:
    """Two dark eyes over a bright nose, at changing light."""
    found = rng.normal(150, 30, (n, SIDE, SIDE))
    found[:, 3:6, 1:5] -= 70
    found[:, 3:6, 7:11] -= 70
    found[:, 7:11, 5:7] += 50
    return (found * rng.uniform(0.6, 1.0, (n, 1, 1))).clip(0, 255).astype(np.uint8)


def others(n: int, rng: np.random.Generator) -> np.ndarray:
    """Dark bars anywhere, and faces that lie elsewhere, stand on their heads, lack an eye, or are smaller."""
    found = rng.normal(150, 30, (n, SIDE, SIDE))
    for picture in found:
        for _ in range(rng.integers(0, 4)):
            y, x, high, wide = rng.integers(0, 9), rng.integers(0, 9), rng.integers(1, 5), rng.integers(2, 12)
            picture[y : y + high, x : x + wide] -= 70
    found = found.clip(0, 255).astype(np.uint8)
    around = np.pad(faces(n, rng), [(0, 0), (SIDE, SIDE), (SIDE, SIDE)], constant_values=140)
    for number in range(0, n, 2):
        y, x = rng.integers(-6, 7, 2)
        y += 5 * (abs(y) < 3 and abs(x) < 3)
        found[number] = around[number, SIDE + y : 2 * SIDE + y, SIDE + x : 2 * SIDE + x]
    found[1::8] = faces(len(found[1::8]), rng)[:, ::-1]
    one_eyed = faces(len(found[3::8]), rng)
    one_eyed[:, 3:6, 1:5] = one_eyed[:, :3, 1:5]
    found[3::8] = one_eyed
    for number, far in zip(range(5, n, 8), faces(n, rng), strict=False):
        size = int(rng.integers(6, 10))  # a smaller face in a window that is too large for it
        y, x = rng.integers(0, SIDE - size + 1, 2)
        found[number, y : y + size, x : x + size] = np.asarray(Image.fromarray(far).resize((size, size)))
    return found


def rows(n: int, seed: int) -> Rows:
    rng = np.random.default_rng(seed)
    pixels = np.concatenate([faces(n // 2, rng), others(n - n // 2, rng)])
    return Rows(pixels.reshape(n, -1).astype(np.float64), (np.arange(n) < n // 2).astype(np.int64), 2)


def fitted(seed: int = 0, **settings: object) -> FittedCascade:
    learner = Cascade(**{"candidates": 1500, "least": 3, **settings})
    return learner.fit(rows(400, 0), BINARY, validation=rows(120, 1), seed=seed, budget=Budget(), context=Context())


@pytest.fixture(scope="module")
def cascade() -> FittedCascade:
    return fitted()


def test_the_best_stump_is_that_of_a_tree_of_one_question() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 6, (40, 30)).astype(float)  # many rows share a value
    positive, weights = rng.random(30) < 0.4, rng.dirichlet(np.ones(30))
    table = Sorted.of(values)
    best = table.best(positive, weights)
    every = [
        weights[(polarity * row < polarity * cut) != positive].sum()
        for row in values
        for cut in np.unique(row)[:-1] + 0.5
        for polarity in (1, -1)
    ]
    assert best.error == pytest.approx(min(every))
    assert weights[answers(best, values) != positive].sum() == pytest.approx(min(every))
    assert table.best(np.ones(30, dtype=bool), weights) is None or best.error < weights[positive].sum()
    assert Sorted.of(np.ones((3, 30))).best(positive, weights) is None


def test_boosting_keeps_to_its_two_theorems() -> None:
    """After each round its stump is as good as chance, and training errors stay below the product of 2 √(e (1 - e))."""
    rng = np.random.default_rng(1)
    values = rng.normal(size=(4, 200))
    positive = values[0] + values[1] + rng.normal(0, 0.5, 200) > 0
    table, weights, said, bound, votes = Sorted.of(values), np.full(200, 1 / 200), np.zeros(200), 1.0, 0.0
    for _ in range(12):
        stump = table.best(positive, weights)
        right = answers(stump, values) == positive
        assert weights[~right].sum() == pytest.approx(stump.error)
        weights = reweighed(weights, right, stump.error)
        assert weights[~right].sum() == pytest.approx(0.5)
        bound *= 2 * np.sqrt(stump.error * (1 - stump.error))
        said += stump.vote * answers(stump, values)
        votes += stump.vote
        assert ((said > votes / 2) != positive).mean() <= bound
    assert bound < 0.6


def test_a_window_has_the_features_of_its_pixels_made_even() -> None:
    rng = np.random.default_rng(2)
    picture = rng.integers(0, 256, (30, 40), dtype=np.uint8)
    features = all_features(SIDE, SIDE).take(rng.choice(5000, 60, replace=False))
    top, left = np.array([0, 3, 18]), np.array([28, 5, 0])
    found = Windows.at(picture[None], SIDE, np.zeros(3, dtype=np.int64), top, left).values(features)
    for number in range(3):
        part = picture[top[number] : top[number] + SIDE, left[number] : left[number] + SIDE].astype(float)
        even = (part - part.mean()) / part.std()
        np.testing.assert_allclose(found[:, number], features.values(even[None])[0], atol=1e-8)


def test_light_and_contrast_change_nothing(cascade: FittedCascade) -> None:
    pixels = rows(60, 3).features
    np.testing.assert_allclose(cascade.predict(0.5 * pixels + 40).score, cascade.predict(pixels).score, atol=1e-6)


def test_new_faces_are_told_from_bars(cascade: FittedCascade) -> None:
    asked = rows(300, 4)
    said = cascade.predict(asked.features)
    assert ((said.probability > 0.5) == asked.target).mean() > 0.9
    assert abs(said.probability.mean() - 0.5) < 0.1


def test_stages_reject_negatives_and_keep_positives(cascade: FittedCascade) -> None:
    held = rows(120, 1)
    windows = Windows.whole(held.features.reshape(-1, SIDE, SIDE))
    assert cascade.n_stages >= 2
    first = cascade.margin(windows, 0) >= 0
    assert first[held.target == 1].mean() >= 0.99
    assert first[held.target == 0].mean() <= 0.4
    reach = cascade.reach(windows)
    np.testing.assert_array_equal(reach < 0, ~first)  # what fails in the first stage gets no further
    passes_all = np.all([cascade.margin(windows, stage) >= 0 for stage in range(cascade.n_stages)], axis=0)
    np.testing.assert_array_equal(reach >= cascade.n_stages - 1, passes_all)


def test_a_share_of_positives_may_be_given_up(cascade: FittedCascade) -> None:
    held = rows(120, 1)
    windows = Windows.whole(held.features.reshape(-1, SIDE, SIDE))
    lenient = fitted(detection=0.8, false_alarms=0.0)
    kept = (lenient.margin(windows, 0) >= 0)[held.target == 1].mean()
    assert kept >= 0.8
    assert lenient.limits[0] >= cascade.limits[0] or len(lenient.votes) != len(cascade.votes)


def test_the_seed_draws_the_features_and_nothing_else() -> None:
    one, two, three = fitted(seed=5).state(), fitted(seed=5).state(), fitted(seed=6).state()
    np.testing.assert_array_equal(one["cells"], two["cells"])
    assert one["cells"].shape != three["cells"].shape or (one["cells"] != three["cells"]).any()


def test_a_picture_of_the_windows_size_is_one_window_with_the_models_answer(cascade: FittedCascade) -> None:
    asked = rows(40, 5)
    said = cascade.predict(asked.features)
    for pixels, probability in zip(asked.features, said.probability, strict=True):
        found = detect(cascade, pixels.reshape(SIDE, SIDE).astype(np.uint8), fewest=1)
        assert found.windows == 1
        if len(found):
            assert found.probability[0] == probability
            assert found.boxes[0].tolist() == [0, 0, SIDE, SIDE]


def scene(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A picture with a face at its own size and one of twice the size, and where they are."""
    found = rng.normal(140, 30, (70, 90)).clip(0, 255).astype(np.uint8)
    small, large = faces(2, rng)
    found[8 : 8 + SIDE, 10 : 10 + SIDE] = small
    found[30 : 30 + 2 * SIDE, 50 : 50 + 2 * SIDE] = np.kron(large, np.ones((2, 2), dtype=np.uint8))
    return found, np.array([[10, 8, 22, 20], [50, 30, 74, 54]])


def test_faces_of_two_sizes_are_found_where_they_are(cascade: FittedCascade) -> None:
    picture, wanted = scene(np.random.default_rng(6))
    found = detect(cascade, picture, shrink=1.2, stride=1, fewest=2)
    assert all(overlaps(box, found.boxes).max() > 0.5 for box in wanted)
    assert found.windows > 5000
    colour = np.repeat(picture[..., None], 3, axis=2)
    np.testing.assert_array_equal(detect(cascade, colour, shrink=1.2, stride=1, fewest=2).boxes, found.boxes)


def test_detections_that_overlap_are_one_box(cascade: FittedCascade) -> None:
    picture, _ = scene(np.random.default_rng(6))
    found = detect(cascade, picture, stride=1, fewest=1)
    single = detect(cascade, picture, stride=1, fewest=1, overlap=1.0)
    assert len(found) < len(single)
    assert found.count.sum() == single.count.sum()
    assert (np.diff(found.probability) <= 0).all()


def test_overlap_is_intersection_over_union() -> None:
    boxes = np.array([[0, 0, 2, 2], [1, 1, 3, 3], [5, 5, 6, 6]], dtype=float)
    np.testing.assert_allclose(overlaps(boxes[0], boxes), [1, 1 / 7, 0])


def test_what_cannot_be_scanned_is_one_sentence(cascade: FittedCascade) -> None:
    with pytest.raises(ConfigError, match="smaller than the window of 12 pixels"):
        detect(cascade, np.zeros((11, 50), dtype=np.uint8))
    with pytest.raises(ConfigError, match="a factor above 1"):
        detect(cascade, np.zeros((50, 50), dtype=np.uint8), shrink=1.0)
    with pytest.raises(ConfigError, match="not float64"):
        detect(cascade, np.zeros((50, 50)))


def test_a_flat_picture_holds_nothing(cascade: FittedCascade) -> None:
    found = detect(cascade, np.full((40, 40), 128, dtype=np.uint8))
    assert (len(found), found.boxes.shape) == (0, (0, 4))


def test_rows_that_are_no_square_windows_are_refused() -> None:
    assert (side_of(144), side_of(145), side_of(49)) == (12, None, None)
    with pytest.raises(ConfigError, match="these rows have 145 pixels"):
        Cascade().fit(
            Rows(np.zeros((4, 145)), np.array([0, 1, 0, 1]), 2),
            BINARY,
            validation=None,
            seed=0,
            budget=Budget(),
            context=Context(),
        )


def test_one_class_or_windows_that_are_all_alike_leave_the_prior() -> None:
    for target, share in (([0, 0, 0, 0], 0.0), ([1, 0, 0, 0], 0.25)):
        alike = Rows(np.full((4, 144), 9.0), np.array(target), 2)
        found = Cascade(candidates=50).fit(alike, BINARY, validation=None, seed=0, budget=Budget(), context=Context())
        assert isinstance(found, FittedLinear)
        np.testing.assert_allclose(found.predict(alike.features).probability, share, atol=1e-9)


def test_a_spent_budget_ends_training_after_a_stage_and_says_so() -> None:
    found = Cascade(candidates=500, least=1, rounds=3, false_alarms=0.6).fit(
        rows(200, 0), BINARY, validation=None, seed=0, budget=Budget(0.0), context=Context()
    )
    assert found.n_stages == 1
    assert found.notes == ("the budget of 0 s was spent after 1 of 10 stages",)


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"detection=1\.5"):
        Cascade(detection=1.5)


@pytest.mark.parametrize("entry", ["cells", "kinds", "polarities", "votes", "limits", "starts", "slope", "side"])
def test_a_state_that_no_training_makes_is_refused(cascade: FittedCascade, entry: str) -> None:
    state = cascade.state()
    wrong = {
        "cells": np.where(np.arange(4) == 3, SIDE, state["cells"]),
        "kinds": state["kinds"] + 5,
        "polarities": 0 * state["polarities"],
        "votes": -state["votes"],
        "limits": state["limits"] + 1e6,
        "starts": state["starts"][::-1].copy(),
        "slope": 0.0,
        "side": 8,
    }
    assert FittedCascade.from_state(state).n_stages == cascade.n_stages
    with pytest.raises(BundleError):
        FittedCascade.from_state(state | {entry: wrong[entry]})
