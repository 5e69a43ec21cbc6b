"""Recommenders compared: who is measured on what, what is claimed, and what a simulation with a known truth says."""

from collections import Counter
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from assay.core.errors import ConfigError, DataError, StudyError
from assay.recipes.recommend.recommender import scores_to_rank, top_items
from assay.study.recommend.compare import compare, comparison_json, fit_one
from assay.study.recommend.cutting import cut
from assay.study.recommend.measuring import held_of
from assay.study.recommend.settings import RecommendSettings
from assay.study.recommend.table import RatingTable, read_ratings

QUICK = RecommendSettings(rank=6, folds=4, recipes=("item-neighbours", "implicit-als"))


def table(users=200, items=80, per_user=20, taste=3.0, seed=0, timed=True, rated=False):
    """Two hidden tastes and popularity; taste 0: nothing but popularity.  The rows come in a random order of time."""
    rng = np.random.default_rng(seed)
    fit = taste * rng.normal(size=(users, 2)) @ rng.normal(size=(items, 2)).T / np.sqrt(2)
    wish = fit + rng.normal(size=items) + rng.gumbel(size=(users, items))
    item = np.argsort(-wish, axis=1)[:, :per_user].ravel()
    user = np.repeat(np.arange(users), per_user)
    rating = None
    if rated:
        rating = 3.5 + fit[user, item] / 2 + rng.normal(scale=0.5, size=len(user))
    time = rng.permutation(len(user)).astype(float) if timed else None
    names = tuple(f"u{place:03}" for place in range(users)), tuple(f"i{place:03}" for place in range(items))
    return RatingTable("memory", "user", "item", *names, user, item, rating, time)


def calls(found, metric="ndcg@10"):
    return {
        v.a: v.call for v in found.verdicts if v.b == "popularity" and v.metric == metric and v.family == "against popularity"
    }


def test_with_two_tastes_factors_beat_popularity_and_the_locked_rows_are_left_alone():
    data = table()
    found = compare(data, QUICK)
    assert found.winner == "implicit-als"
    assert calls(found)["implicit-als"] == "a better"
    measured = np.concatenate([fold.test for fold in found.plan.folds] + [fold.train for fold in found.plan.folds])
    assert not np.isin(measured, found.plan.locked).any()
    assert data.time[found.plan.locked].min() > data.time[found.plan.development].max()
    for fold in found.plan.folds:
        assert data.time[fold.train].max() < data.time[fold.test].min()


def test_ratings_are_expected_better_with_factors_than_by_biases_and_best_ranked_without_them():
    settings = replace(QUICK, recipes=("svd", "als", "implicit-als"), folds=4)
    found = compare(table(users=300, items=60, per_user=25, rated=True), settings)
    assert calls(found, "rmse") == {"svd": "a better", "als": "a better"}
    assert found.interval("implicit-als", "rmse") is None
    assert found.winner == "implicit-als"
    told = comparison_json(found)
    assert told["rows"][0]["metrics"]["rmse"] is None
    assert told["rows"][0]["name"] == told["winner"]


def claimed_better(simulations, **told):
    seen = Counter()
    for seed in range(simulations):
        found = compare(table(users=150, items=60, per_user=15, taste=0.0, seed=seed, **told), replace(QUICK, seed=seed))
        seen.update(call for call in calls(found).values())
    return seen


def test_where_there_is_only_popularity_nothing_is_called_better_than_it():
    assert claimed_better(5)["a better"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("timed", [True, False])
def test_of_forty_tables_of_popularity_alone_hardly_one_has_a_false_claim(timed):
    assert claimed_better(40, timed=timed)["a better"] <= 2


def test_the_numbers_are_those_of_a_loop_over_the_users():
    data = table(timed=False, rated=True)
    plan = cut(data, QUICK)
    held = held_of(data, plan.folds[1], 3.5)
    fitted = fit_one("popularity", held, QUICK)
    from assay.study.recommend.measuring import ranking_part

    part = ranking_part(fitted, held, 10)
    test, train = plan.folds[1].test, plan.folds[1].train
    recalls = {}
    popular = np.bincount(data.items[train], minlength=80)
    for user in range(200):
        had = set(data.items[train][data.users[train] == user])
        mine = test[data.users[test] == user]
        want = {item for item, rating in zip(data.items[mine], data.rating[mine], strict=True) if rating >= 3.5} - had
        if not want:
            continue
        order = [item for item in np.argsort(-popular, kind="stable") if item not in had]
        edge = popular[order[9]]
        sure = [item for item in order if popular[item] > edge]
        tied = [item for item in order if popular[item] == edge]
        worth = len(want & set(sure)) + len(want & set(tied)) * (10 - len(sure)) / len(tied)
        recalls[user] = worth / len(want)
    assert (part.units % 200).tolist() == list(recalls)
    np.testing.assert_allclose(part.predictions["recall"], list(recalls.values()), atol=1e-12)


def test_the_order_of_the_rows_changes_nothing_where_there_is_no_time():
    data = table(timed=False)
    order = np.random.default_rng(3).permutation(len(data))
    turned = replace(data, users=data.users[order], items=data.items[order])
    one, other = (compare(each, replace(QUICK, folds=2)) for each in (data, turned))
    assert [one.interval(name, "ndcg@10") for name in one.ranking] == [other.interval(name, "ndcg@10") for name in other.ranking]


def test_without_a_time_each_users_pairs_are_dealt_and_a_repeated_pair_stands_on_one_side():
    data = table(timed=False)
    twice = replace(data, users=np.tile(data.users, 2), items=np.tile(data.items, 2))
    plan = cut(twice, QUICK)
    assert len(plan.locked) == pytest.approx(0.2 * len(twice), rel=0.02)
    per_user = np.bincount(twice.users[plan.locked], minlength=200)
    assert per_user.min() >= 6
    assert per_user.max() <= 10
    for fold in plan.folds:
        assert not np.isin(twice.pairs[fold.test], twice.pairs[fold.train]).any()
    tested = np.sort(np.concatenate([fold.test for fold in plan.folds]))
    assert np.array_equal(tested, plan.development)


def test_new_users_new_items_and_what_a_user_has_again_are_counted_and_said():
    users = np.array([0, 0, 1, 1, 2, 2, 0, 3, 1, 2, 3, 0] * 10)
    items = np.array([0, 1, 0, 2, 1, 3, 0, 4, 1, 0, 5, 3] * 10)
    first = table()
    data = replace(
        first,
        users=np.concatenate([first.users, users % 200]),
        items=np.concatenate([first.items, items]),
        time=np.arange(len(first) + len(users), dtype=float),
    )
    found = compare(data, replace(QUICK, recipes=("item-neighbours",), folds=2))
    said = " ".join(found.notes)
    assert "are new at their cut; all recipes give them popularity" in said  # in this order users come one after another
    assert sum(one.new_users for one in found.held) == sum(len(one.users) for one in found.held) - 2


def test_of_equal_scores_the_more_popular_item_is_shown_first():
    scores = np.array([[1.0, 2.0, 1.0, 1.0, -np.inf]])
    assert top_items(scores, np.array([1, 0, 5, 5, 9]), 3).tolist() == [[1, 2, 3]]
    assert top_items(scores, np.array([1, 0, 5, 5, 9]), 7).tolist() == [[1, 2, 3, 0, -1, -1, -1]]


def test_what_came_later_is_not_shown_either():
    data = table()
    held = held_of(data, cut(data, QUICK).folds[0], None)
    fitted = fit_one("popularity", held, QUICK)
    later = held.seen.with_values(np.ones(len(held.seen.items)))
    later = type(later)((np.ones(1), np.array([5]), np.append(0, np.ones(200, dtype=int))), shape=(200, 80))
    assert scores_to_rank(fitted, held.seen, np.array([0]), later)[0, 5] == -np.inf


FRAME = {"who": ["a", "a", "b", "b", "c", "c"], "what": ["x", "y", "x", "z", "y", "z"], "stars": [1.0, 2, 3, 4, 5, 1]}


@pytest.mark.parametrize(
    ("changed", "asked", "says"),
    [
        ({"who": ["a"] * 6}, {}, "names one user only"),
        ({"what": ["x"] * 6}, {}, "names one item only"),
        ({"stars": [3.0] * 6}, {"rating": "stars"}, "all 6 ratings in column 'stars' are 3"),
        ({"stars": [1.0, None, 3, 4, 5, 1]}, {"rating": "stars"}, r"missing in 1 row \(first: row 2\)"),
        ({"who": ["a", None, "b", "b", "c", "c"]}, {}, r"missing in 1 row \(first: row 2\)"),
        ({}, {"rating": "star"}, "no column 'star'.*did you mean 'stars'"),
        ({"when": list("abcdef")}, {"time": "when"}, "must hold dates or numbers"),
    ],
)
def test_a_table_that_cannot_be_learned_from_is_refused_in_a_sentence(changed, asked, says):
    with pytest.raises(DataError, match=says):
        read_ratings(pl.DataFrame({**FRAME, **changed}), user="who", item="what", **asked)


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"k": 3}, ConfigError, "the table has 3 items"),
        ({"k": 1, "recipes": ("svd",)}, ConfigError, "use pure-svd"),
        ({"k": 1, "metric": "rmse"}, ConfigError, "no rating column"),
        ({"k": 1, "liked": 3.0}, ConfigError, "no rating column"),
        ({"k": 1, "folds": 9}, ConfigError, "pass fewer"),
        ({"k": 1, "folds": 1}, ConfigError, "at least 2 folds"),
    ],
)
def test_a_question_that_a_small_table_cannot_answer_is_refused(settings, error, says):
    data = read_ratings(pl.DataFrame(FRAME), user="who", item="what")
    with pytest.raises(error, match=says):
        compare(data, RecommendSettings(**{"folds": 2, **settings}))


def test_nobody_who_took_anything_new_is_said():
    rows = {"who": ["a", "b"] * 20, "what": ["x", "y"] * 20, "when": list(range(40))}
    data = read_ratings(pl.DataFrame(rows), user="who", item="what", time="when")
    with pytest.raises(StudyError, match="no user took a new item"):
        compare(data, RecommendSettings(k=1, folds=2))


def test_repeated_rows_are_said():
    rows = {name: [*values, values[0]] for name, values in FRAME.items()}
    assert "1 row of 7 come" in read_ratings(pl.DataFrame(rows), user="who", item="what").notes[0]
