"""What a report looks at: every treatment that moves rows, nets too, within bounds that are said."""

import polars as pl
from tests.study.conftest import make_table

import assay
from assay.study import looks_of_study as module
from assay.study.looking import Bound
from assay.study.looks_of_study import DRAWN, LEAST_DRAWN, MOST_LOOKS, looks_of_study


def data():
    return assay.read(make_table(), target="denied", drop=["branch"])


def test_every_treatment_that_moves_rows_is_looked_at_and_one_that_trains_a_net_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "Bound", lambda: Bound(steps=0.005))
    looks = looks_of_study(data(), ["none", "focal", "smote", "threshold-only", "vae", "tomek-links"], seed=0)
    assert [look.name for look in looks.looks] == ["smote", "vae", "tomek-links"]
    assert [look.bounded is not None for look in looks.looks] == [False, True, False]
    assert not any(look.failed for look in looks.looks)
    assert looks.looks[1].after.is_new.any()
    assert looks.left_out == ()
    assert looks.most_drawn == (DRAWN, DRAWN // 2)


def test_more_treatments_share_the_dots_and_those_beyond_the_most_are_named():
    names = [f"random-oversample@{ratio / 100}" for ratio in range(40, 90)]
    looks = looks_of_study(data(), names, seed=0)
    assert len(looks.looks) == MOST_LOOKS
    assert looks.left_out == tuple(names[MOST_LOOKS:])
    assert looks.most_drawn == (LEAST_DRAWN, LEAST_DRAWN // 2)


def test_there_is_nothing_to_look_at_without_treatments_that_move_rows_or_without_columns_to_draw():
    assert looks_of_study(data(), ["none", "threshold-only", "focal"], seed=0) is None
    texts = pl.DataFrame({"said": [f"words number {row} of a text" for row in range(60)], "y": ["a", "b", "b"] * 20})
    found = assay.read(texts, target="y", kinds={"said": "text"})
    assert looks_of_study(found, ["smote"], seed=0) is None
