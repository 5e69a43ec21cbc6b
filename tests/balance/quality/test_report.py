"""The quality report on rows whose quality is known: the law itself, copies, independent columns, SMOTE, ADASYN on noise."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from imblearn.over_sampling import ADASYN
from scipy import sparse
from sklearn.neighbors import NearestNeighbors
from tests.balance.quality.cases import law, minority_of, table, with_rows

from assay.balance.interpolate import SmoteTreatment
from assay.balance.quality.report import Quality, quality_of
from assay.balance.resample import RandomOversample, RandomUndersample
from assay.balance.treatment import Balanced
from assay.balance.weights import ClassWeight
from assay.core.errors import ConfigError, DataError
from assay.data.rows import Rows


def the_one(rows: Rows, balanced: Balanced, seed: int = 0) -> Quality:
    (found,) = quality_of(rows, balanced, seed=seed)
    return found


def kinds(quality: Quality) -> list[str]:
    return [warning.kind for warning in quality.warnings]


def adasyn(rows: Rows) -> Balanced:
    made, _ = ADASYN(random_state=0).fit_resample(rows.features, rows.target)
    return with_rows(rows, made[len(rows) :])


def test_rows_of_the_very_same_law_raise_no_warning():
    rows = table()
    found = the_one(rows, with_rows(rows, law(np.random.default_rng(9), 1000)))
    assert found.warnings == ()
    assert found.told_apart.low < 0.5 < found.told_apart.high
    assert found.copies == 0
    assert found.nearest_ratio == pytest.approx(1, abs=0.25)
    assert abs(found.among_others.value - found.among_others_real.value) < 0.05
    assert (found.real, found.new, found.code) == (250, 1000, 1)


def test_columns_drawn_independently_are_told_apart_though_each_is_right():
    rows = table()
    rng = np.random.default_rng(9)
    made = np.column_stack([rng.choice(column, 1000) for column in minority_of(rows).T])
    found = the_one(rows, with_rows(rows, made))
    assert found.told_apart.low > 0.85
    assert max(column.distance for column in found.columns) < 0.1
    assert kinds(found)[0] == "told-apart"
    assert "pair" in kinds(found)
    assert found.pairs[0].real > 0.8 > 0.2 > abs(found.pairs[0].new)


def test_copies_are_counted_and_are_not_told_apart():
    rows = table()
    found = the_one(rows, RandomOversample().apply(rows, 0))
    assert (found.copies, found.copies_share) == (1250, 1.0)
    assert found.told_apart.low < 0.5 < found.told_apart.high
    assert found.nearest_ratio == 0
    assert kinds(found) == ["copies"]
    assert found.among_others.value == pytest.approx(found.among_others_real.value, abs=0.03)


def test_a_copy_among_made_rows_is_found_in_any_form_of_the_matrix():
    rows = table()
    made = np.vstack([law(np.random.default_rng(1), 90), minority_of(rows)[:10]])
    assert the_one(rows, with_rows(rows, made)).copies == 10
    thin = replace(rows, features=sparse.csr_matrix(rows.features))
    balanced = with_rows(rows, made)
    after = replace(balanced.rows, features=sparse.csr_matrix(balanced.rows.features))
    assert the_one(thin, replace(balanced, rows=after)).copies == 10


def test_adasyn_pours_rows_onto_label_noise_and_the_report_says_so():
    clean, noisy = table(), table(noise=0.05)
    of_adasyn, of_smote = the_one(noisy, adasyn(noisy)), the_one(noisy, SmoteTreatment().apply(noisy, 0))
    clean_share = the_one(clean, SmoteTreatment().apply(clean, 0)).among_others_real.value
    assert clean_share < 0.08
    assert of_adasyn.among_others.value > 5 * of_smote.among_others.value
    assert of_adasyn.among_others.low > clean_share + 0.05
    assert of_adasyn.among_others.low > of_adasyn.among_others_real.value
    warning = of_adasyn.warnings[0]
    assert warning.kind == "among-others"
    assert warning.sentence.startswith(f"{of_adasyn.among_others.value:.0%} of the new rows lie among rows of another class")
    assert "among-others" not in kinds(of_smote)


def test_the_share_among_others_is_that_of_a_plain_search():
    rows = table(minority=120)
    made = law(np.random.default_rng(3), 300) - 1.2
    found = the_one(rows, with_rows(rows, made))
    scale = rows.features.std(axis=0)
    search = NearestNeighbors(n_neighbors=6).fit(rows.features / scale)
    of_new = search.kneighbors(made / scale, n_neighbors=5, return_distance=False)
    of_real = search.kneighbors(minority_of(rows) / scale, return_distance=False)[:, 1:]
    for share, neighbours in ((found.among_others, of_new), (found.among_others_real, of_real)):
        assert share.value == pytest.approx(np.mean((rows.target[neighbours] == 0).sum(axis=1) > 2.5))
    distance = search.kneighbors(minority_of(rows) / scale)[0][:, 1]
    nearest = search.kneighbors(made / scale, n_neighbors=1)[0][:, 0]
    assert found.nearest_ratio == pytest.approx(np.median(nearest) / np.median(distance))
    assert found.close.value == pytest.approx(np.mean(nearest <= np.quantile(distance, 0.05)))


def test_smote_rows_stand_close_to_those_they_were_made_from():
    rows = table()
    found = the_one(rows, SmoteTreatment().apply(rows, 0))
    assert found.nearest_ratio < 0.7
    assert found.close.low > found.close_real.value
    assert kinds(found) == ["close"]


def test_a_frame_with_categories_gaps_and_texts_is_measured_and_what_cannot_be_is_named():
    rng = np.random.default_rng(0)
    n, m = 600, 120
    frame = pl.DataFrame(
        {
            "age": pl.Series([None if rng.random() < 0.2 else float(value) for value in rng.integers(18, 80, n + m)]),
            "town": rng.choice(["a", "b", None], n + m, p=[0.6, 0.3, 0.1]),
            "note": [f"text {place}" for place in range(n + m)],
        }
    )
    rows = Rows(frame, np.repeat([0, 1], [n, m]), 2)
    made = pl.DataFrame({"age": rng.uniform(18, 80, 300), "town": ["b"] * 300, "note": ["x"] * 300})
    after = Rows(pl.concat([frame, made]), np.concatenate([rows.target, np.ones(300, dtype=np.int64)]), 2)
    source = np.concatenate([np.arange(n + m), np.full(300, -1)])
    found = the_one(rows, Balanced(after, source, rows.prior, after.prior))
    age, town = found.columns
    real = frame["town"][n:]
    share = (real == "b").sum() / m
    assert town.distance == pytest.approx(1 - share)
    assert town.missing_real == pytest.approx(real.null_count() / m)
    assert (age.missing_real > 0.1, age.missing_new, age.fractions) == (True, 0.0, 1.0)
    assert found.left_out == ("note (nearly every row has a text of its own)",)
    assert {"column", "missing", "fractions"} <= set(kinds(found))


def test_each_class_that_grew_has_a_report_and_its_name():
    rng = np.random.default_rng(0)
    target = np.repeat([0, 1, 2], [200, 50, 30])
    rows = Rows(rng.normal(size=(280, 3)) + target[:, None], target, 3)
    found = quality_of(rows, RandomOversample().apply(rows, 0), seed=0, classes=("low", "middle", "high"))
    assert [(one.label, one.real, one.new) for one in found] == [("middle", 50, 150), ("high", 30, 170)]


@pytest.mark.parametrize("treatment", [RandomUndersample(), ClassWeight()])
def test_where_no_row_is_made_there_is_nothing_to_report(treatment):
    rows = table()
    assert quality_of(rows, treatment.apply(rows, 0), seed=0) == ()


def test_few_rows_are_said_and_the_classifier_claims_nothing():
    rows = table(minority=12)
    found = the_one(rows, SmoteTreatment().apply(rows, 0))
    assert found.told_apart.value is None
    assert "30 are needed" in found.said
    assert "few" in kinds(found)


def test_one_real_row_is_enough_to_be_measured():
    rows = table(minority=1)
    found = the_one(rows, RandomOversample().apply(rows, 0))
    assert found.copies_share == 1
    assert found.told_apart.value is None


def test_the_report_is_json_and_depends_on_the_seed_alone(monkeypatch):
    from assay.balance.quality import report

    monkeypatch.setattr(report, "MOST_ROWS", 100)
    monkeypatch.setattr(report, "MOST_REFERENCE", 400)
    rows = table()
    balanced = SmoteTreatment().apply(rows, 0)
    first, again = (json.dumps(the_one(rows, balanced, seed=4).to_json(), allow_nan=False) for _ in range(2))
    assert first == again
    found = json.loads(first)
    assert (found["used_real"], found["used_new"], found["real"], found["new"]) == (100, 100, 250, 1250)
    assert 400 <= found["used_reference"] <= 500
    assert json.dumps(the_one(rows, balanced, seed=5).to_json()) != first


def test_what_cannot_be_measured_is_refused_in_one_sentence():
    rows = table(minority=40)
    with pytest.raises(ConfigError, match="level=2"):
        quality_of(rows, RandomOversample().apply(rows, 0), seed=0, level=2)
    with pytest.raises(DataError, match="a frame and a matrix"):
        quality_of(replace(rows, features=pl.DataFrame(rows.features)), RandomOversample().apply(rows, 0), seed=0)
    pictures = Rows(pl.DataFrame({"b": [b"png"] * 20}), np.repeat([0, 1], [15, 5]), 2)
    with pytest.raises(DataError, match="none of the 1 columns holds numbers"):
        quality_of(pictures, RandomOversample().apply(pictures, 0), seed=0)
