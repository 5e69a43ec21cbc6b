"""What every member of RECOMMENDERS does, whatever it is."""

import numpy as np
import pytest
from tests.recipes.recommend.rows import interactions, taken_by_taste
from threadpoolctl import threadpool_limits

from assay.archive.state import decode, encode
from assay.core.errors import BundleError
from assay.recipes.recommend.choosing import with_rank
from assay.recipes.recommend.interactions import Interactions
from assay.recipes.recommend.recommender import NEW, scores_to_rank, top_items
from assay.recipes.recommend.registry import RECOMMENDERS, names_for, read_fitted

NAMES = RECOMMENDERS.names()
EVERYONE = np.arange(60)


def learned(name, seen, seed=0):
    with threadpool_limits(limits=1):
        return with_rank(RECOMMENDERS.get(name), 6).fit(seen, seed)


@pytest.fixture(scope="module")
def fitted():
    seen = interactions()
    return seen, {name: learned(name, seen) for name in NAMES}


def lists(model, seen, k=10):
    return top_items(scores_to_rank(model, seen, EVERYONE), seen.takers, k)


@pytest.mark.parametrize("name", NAMES)
def test_one_seed_gives_one_answer_and_the_order_of_the_rows_none(name, fitted):
    models = fitted[1]
    user, item, rating = taken_by_taste()
    order = np.random.default_rng(1).permutation(len(user))
    shuffled = Interactions.of(user[order], item[order], (60, 40), rating[order])
    again = learned(name, shuffled)
    assert encode(again.state())[0] == encode(models[name].state())[0]
    for key, array in encode(again.state())[1].items():
        assert array.tobytes() == encode(models[name].state())[1][key].tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_shown_what_they_have_nor_anything_twice(name, fitted):
    seen, models = fitted
    shown = lists(models[name], seen, 35)
    had = seen.counts.toarray() > 0
    for user, own in enumerate(shown):
        there = own[own >= 0]
        assert len(there) == len(set(there)) == min(35, 40 - had[user].sum())
        assert not had[user, there].any()


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_one_answers_alike(name, fitted):
    seen, models = fitted
    value, arrays = encode(models[name].state())
    back = read_fitted(decode(value, arrays, "state"), 60, 40)
    assert np.array_equal(back.scores(EVERYONE, seen.counts), models[name].scores(EVERYONE, seen.counts))
    said = models[name].ratings(seen.owner, seen.items)
    assert (said is None) == (back.ratings(seen.owner, seen.items) is None)
    assert said is None or np.array_equal(back.ratings(seen.owner, seen.items), said)


@pytest.mark.parametrize("name", NAMES)
def test_a_state_of_other_users_or_items_is_refused(name, fitted):
    _, models = fitted
    with pytest.raises(BundleError):
        read_fitted(models[name].state(), 60, 39)


@pytest.mark.parametrize("name", NAMES)
def test_a_new_user_gets_what_is_popular_and_a_new_item_goes_to_nobody(name):
    user, item, rating = taken_by_taste()
    kept = (user != 7) & (item != 3)
    seen = Interactions.of(user[kept], item[kept], (60, 40), rating[kept])
    scores = scores_to_rank(learned(name, seen), seen, EVERYONE)
    assert (scores[:, 3] == NEW).all()
    assert np.array_equal(np.delete(scores[7], 3), np.delete(seen.takers, 3))


@pytest.mark.parametrize("name", NAMES)
def test_a_pair_and_a_user_alone_can_be_learned_from(name):
    seen = Interactions.of(np.array([0, 1]), np.array([0, 1]), (3, 4), np.array([1.0, 2.0]))
    model = learned(name, seen)
    scores = model.scores(np.arange(3), seen.counts)
    assert scores.shape == (3, 4)
    assert np.isfinite(scores).all()


def test_those_that_need_ratings_are_left_out_without_them():
    assert set(names_for(ratings=True)) == set(NAMES)
    assert set(NAMES) - set(names_for(ratings=False)) == {"svd", "als"}
