"""Looking at treatments: what was made is shown beside what was there, on one pair of axes, and nothing else moves."""

import json
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl
import pytest
from sklearn.decomposition import PCA
from tests.study.conftest import make_table

import assay
from assay.core.errors import ConfigError, DataError, UnknownNameError
from assay.study import looking
from assay.study.looking import MOST_OF_SMALLER, Bound, Bounded, look_at

NAMES = ("none", "class-weight", "threshold-only", "random-undersample", "random-oversample", "smote", "smote@0.5")


@pytest.fixture(scope="module")
def looks():
    data = assay.read(make_table(), target="denied", drop=["branch"])
    return look_at(data, NAMES, seed=0)


def look(looks, name):
    return next(one for one in looks.looks if one.name == name)


def test_rows_are_made_where_a_treatment_makes_some_and_words_stand_where_it_does_not(looks):
    no, yes = looks.counts
    assert looks.classes == ("no", "yes")
    assert look(looks, "none").said == "It leaves the rows as they are."
    assert look(looks, "class-weight").said == "It weighs the rows and makes none."
    assert look(looks, "threshold-only").said == "It moves the threshold and leaves the rows as they are."
    assert look(looks, "random-undersample").counts == (yes, yes)
    assert look(looks, "random-undersample").qualities == ()
    assert look(looks, "smote").counts == (no, no)
    (quality,) = look(looks, "smote@0.5").qualities
    assert (quality.label, quality.real, quality.new) == ("yes", yes, int(no * 0.5) - yes)


def test_the_points_of_real_rows_stay_where_they_were_and_new_ones_are_marked(looks):
    before, after = looks.before, look(looks, "smote").after
    real = ~after.is_new
    assert np.array_equal(after.x[real], before.x)
    assert np.array_equal(after.y[real], before.y)
    assert (after.code[after.is_new] == 1).all()
    assert after.is_new.sum() == looks.counts[0] - looks.counts[1]
    left = look(looks, "random-undersample").after
    assert len(left) == 2 * looks.counts[1]
    assert not left.is_new.any()
    assert set(zip(left.x, left.y, strict=True)) <= set(zip(before.x, before.y, strict=True))


def test_copies_lie_upon_the_rows_they_copy(looks):
    after = look(looks, "random-oversample").after
    own = {(x, y) for x, y, code in zip(looks.before.x, looks.before.y, looks.before.code, strict=True) if code == 1}
    assert after.is_new.any()
    for x, y in zip(after.x[after.is_new], after.y[after.is_new], strict=True):
        assert min(abs(x - a) + abs(y - b) for a, b in own) < 1e-9


def test_the_components_are_those_of_scikit_learn_on_standardised_numbers():
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(300, 3)) @ rng.normal(size=(3, 3))
    frame = pl.DataFrame(matrix, schema=["a", "b", "c"]).with_columns(y=pl.Series(np.where(np.arange(300) < 60, "yes", "no")))
    found = look_at(assay.read(frame, target="y"), ["none"], seed=0)
    pca = PCA(2).fit(matrix / matrix.std(axis=0))
    expected = pca.transform(matrix / matrix.std(axis=0))
    for ours, theirs in ((found.before.x, expected[:, 0]), (found.before.y, expected[:, 1])):
        assert abs(np.corrcoef(ours, theirs)[0, 1]) == pytest.approx(1)
        assert ours.std() == pytest.approx(theirs.std())
    assert found.axes[0].title == f"First component ({100 * pca.explained_variance_ratio_[0]:.0f} % of the variance)"


def test_two_chosen_columns_are_the_axes_and_levels_keep_their_places():
    table = make_table()
    data = assay.read(table, target="denied", drop=["branch"])
    found = look_at(data, ["smote"], columns=["income", "town"], seed=0)
    assert [axis.title for axis in found.axes] == ["income", "town"]
    assert found.axes[1].levels == ("Perm", "Tver", "Омск")
    assert np.array_equal(found.before.x, table["income"].to_numpy())
    places = np.round(found.before.y).astype(int)
    assert [found.axes[1].levels[place] for place in places] == table["town"].to_list()
    made = found.looks[0].after
    assert np.abs(made.y - np.round(made.y)).max() < 0.3


def test_many_rows_are_thinned_the_same_way_each_time():
    data = assay.read(make_table(6000), target="denied", drop=["branch"])
    found, again = (look_at(data, ["random-oversample"], columns=["income", "debt"], seed=3) for _ in range(2))
    assert np.bincount(found.before.code).tolist() == [1500, MOST_OF_SMALLER]
    assert found.looks[0].after.is_new.sum() == MOST_OF_SMALLER
    assert np.array_equal(found.looks[0].after.x, again.looks[0].after.x)
    text = json.dumps(found.to_json(), allow_nan=False)
    assert text == json.dumps(again.to_json(), allow_nan=False)
    assert len(text) < 20_000, "the points are no part of it"


@dataclass(frozen=True)
class Broken:
    name: ClassVar[str] = "broken"
    stage: ClassVar[str] = "encoded"

    def apply(self, train, seed):
        raise DataError("broken cannot work on these rows.")


def test_a_treatment_that_cannot_work_says_why_and_the_others_are_shown(monkeypatch):
    known = looking.treatment_named
    monkeypatch.setattr(looking, "treatment_named", lambda name: Broken() if name == "broken" else known(name))
    table = make_table().with_columns(denied=pl.Series(["yes"] + ["no"] * 239))
    found = look_at(assay.read(table, target="denied", drop=["branch"]), ["broken", "random-oversample"], seed=0)
    broken, whole = found.looks
    assert broken.failed
    assert broken.said == "broken cannot work on these rows."
    assert not whole.failed
    assert whole.qualities[0].copies_share == 1
    assert whole.qualities[0].among_others.low is None, "one real row shows no spread"


def test_settings_that_cannot_be_are_refused(loans, table):
    with pytest.raises(UnknownNameError, match="did you mean 'smote'"):
        look_at(loans, ["smoot"], seed=0)
    with pytest.raises(ConfigError, match="no treatment is named"):
        look_at(loans, [], seed=0)
    with pytest.raises(ConfigError, match="no feature column 'incme'; did you mean 'income'"):
        look_at(loans, ["smote"], columns=["incme", "debt"], seed=0)
    with pytest.raises(ConfigError, match="two columns are needed"):
        look_at(loans, ["smote"], columns=["debt", "debt"], seed=0)
    with pytest.raises(ConfigError, match="the task is regression"):
        look_at(assay.read(table, target="income"), ["smote"], seed=0)


def test_a_bounded_generator_is_shown_a_sample_with_its_rare_class_and_trains_for_less():
    data = assay.read(make_table(2400), target="denied", drop=["branch"])
    bound = Bound(rows=400, steps=0.01)
    found, again = (look_at(data, ["vae@0.5", "smote"], seed=1, bound=bound) for _ in range(2))
    vae, smote = found.looks
    assert vae.bounded == Bounded(vae.bounded.rows, 2400, 40, 4000)
    no, yes = vae.bounded.rows
    assert no == round(found.counts[0] * 400 / 2400)
    assert yes == min(200, found.counts[1])
    assert vae.counts == (no, max(yes, no // 2))
    assert smote.bounded is None
    assert smote.counts == (found.counts[0], found.counts[0])
    assert (~smote.after.is_new).sum() == len(found.before)
    assert json.dumps(found.to_json()) == json.dumps(again.to_json())


def test_a_bounded_generator_leaves_all_real_rows_where_they_were_and_marks_its_own():
    data = assay.read(make_table(2400), target="denied", drop=["branch"])
    bound = Bound(rows=1200, steps=0.01)
    found, again = (look_at(data, ["vae"], seed=1, bound=bound) for _ in range(2))
    before, after = found.before, found.looks[0].after
    assert np.array_equal(after.x[~after.is_new], before.x)
    assert after.is_new.sum() == min(MOST_OF_SMALLER, found.looks[0].qualities[0].new)
    assert np.array_equal(after.x, again.looks[0].after.x)
    assert np.array_equal(after.y, again.looks[0].after.y)
