"""sampling_strategy and ratio, held against imbalanced-learn's own parser."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.utils import check_sampling_strategy

from assay.balance.strategy import WORDS, SamplingError, by_ratio, check_ratio, planned_counts
from assay.core.errors import ConfigError

TARGETS = st.lists(st.integers(1, 40), min_size=2, max_size=5).map(lambda sizes: np.repeat(np.arange(len(sizes)), sizes))


def outcome(parse):
    try:
        return dict(parse())
    except ValueError:
        return "refused"


def agree(strategy, target, kind):
    return outcome(lambda: planned_counts(strategy, target, kind)) == outcome(
        lambda: check_sampling_strategy(strategy, target, f"{kind}-sampling")
    )


@settings(max_examples=60, deadline=None)
@given(target=TARGETS, word=st.sampled_from(WORDS), kind=st.sampled_from(["over", "under", "clean"]))
def test_every_word_means_what_it_means_in_imbalanced_learn(target, word, kind):
    assert agree(word, target, kind)


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    share=st.floats(-0.2, 1.2).filter(lambda share: share <= 0 or share > 1e-6),
    kind=st.sampled_from(["over", "under"]),
)
def test_a_share_means_what_it_means_in_imbalanced_learn(sizes, share, kind):
    assert agree(share, np.repeat(["a", "b"], sizes), kind)


@settings(max_examples=60, deadline=None)
@given(target=TARGETS, wanted=st.dictionaries(st.integers(0, 5), st.integers(-2, 60)), kind=st.sampled_from(["over", "under"]))
def test_a_dict_and_a_function_mean_what_they_mean_in_imbalanced_learn(target, wanted, kind):
    assert agree(wanted, target, kind)
    assert agree(lambda _: wanted, target, kind)


@settings(max_examples=60, deadline=None)
@given(target=TARGETS, wanted=st.lists(st.integers(0, 5), max_size=4), kind=st.sampled_from(["over", "under", "clean"]))
def test_a_list_of_classes_is_for_cleaning_as_in_imbalanced_learn(target, wanted, kind):
    assert agree(wanted, target, kind)


@pytest.mark.parametrize("wanted", [0.5, 1, {0: 2}, lambda _: {0: 2}])
def test_cleaning_takes_no_numbers_and_neither_does_imbalanced_learns(wanted):
    target = np.array([0, 0, 0, 1])
    assert agree(wanted, target, "clean")
    with pytest.raises(SamplingError, match="a word or a list of classes"):
        planned_counts(wanted, target, "clean")


def test_a_function_may_return_the_classes_to_clean():
    assert planned_counts(lambda target: [target[0]], np.array(["b", "b", "a"]), "clean") == {"b": 1}


@pytest.mark.parametrize("kind", ["over", "under"])
@pytest.mark.parametrize("ratio", [0.3, 0.5, 0.77, 1.0])
def test_a_ratio_is_the_share_of_two_classes(ratio, kind):
    counts = np.array([200, 23])
    expected = planned_counts(ratio, np.repeat([0, 1], counts), kind)
    result = by_ratio(counts, ratio, kind)
    changed = {code: n for code, n in enumerate(result.tolist()) if n != (0 if kind == "over" else counts[code])}
    assert changed == expected


@pytest.mark.parametrize("kind", ["over", "under"])
def test_a_ratio_holds_for_every_class_and_leaves_absent_classes_absent(kind):
    counts = np.array([90, 10, 0, 40])
    result = by_ratio(counts, 0.5, kind)
    after = counts + result if kind == "over" else result
    assert after[2] == 0
    assert after[after > 0].min() / after.max() >= 0.5
    assert by_ratio(counts, 0.1, kind).tolist() == ([0, 0, 0, 0] if kind == "over" else counts.tolist())


def test_a_share_too_small_for_a_division_is_refused_or_changes_nothing():
    with pytest.raises(SamplingError, match="would need new rows"):
        planned_counts(1e-320, np.array([0, 0, 1]), "under")
    assert by_ratio(np.array([9, 4]), 1e-320, "under").tolist() == [9, 4]


@pytest.mark.parametrize("ratio", [0, -1, 1.01, float("nan")])
def test_a_ratio_out_of_bounds_is_refused(ratio):
    with pytest.raises(ConfigError, match="ratio="):
        check_ratio(ratio)


def test_a_mistyped_word_is_told_the_nearest():
    with pytest.raises(SamplingError, match="did you mean 'minority'"):
        planned_counts("minorty", np.array([0, 0, 1]), "over")


def test_a_word_that_leaves_nothing_to_do_is_refused():
    with pytest.raises(SamplingError, match="makes no sense for over-sampling"):
        planned_counts("majority", np.array([0, 0, 1]), "over")
