"""What a plan is called: the digests that old run folders and ledgers hold stay what they were."""

import numpy as np
import pytest
from tests.splits.conftest import build

from assay.splits.making import make_holdout, make_plan

LABELS = np.array(["yes" if i % 7 == 0 else "no" for i in range(120)])
TIME, GROUPS = np.arange(120.0), np.arange(120) // 4

# Written by the version that knew neither scheme nor gap nor window.
PINNED = {
    "rows": (
        {},
        {},
        "21bc19b2ea7f3708ff91f653406c49a2c119a910e30f7a15bf4b0622da11af65",
        "a7e36f715dac556605b7f10858f3d2227f85ca01da748eb5e21f50af6def6d33",
    ),
    "repeats": (
        {"repeats": 2, "folds": 3},
        {},
        "aae96a6ac4942fabde5d01b7086f23c829200ca27357c4b24655f33fc8df40ce",
        "a7e36f715dac556605b7f10858f3d2227f85ca01da748eb5e21f50af6def6d33",
    ),
    "groups": (
        {},
        {"groups": GROUPS},
        "bc16585c4f2c71d4f39f45551e0c891dbea0156b2bc79fb5f949ed19ad8fb835",
        "d5a5d69bc503412ab995a503c4dac1e0361e3bb018651f10f7a82c555311b855",
    ),
    "time": (
        {"folds": 4},
        {"time": TIME},
        "7c5b93a16636f675d1966dc338288f13c93360f00988b4a56291d29275da3042",
        "c787f737b956871a65f2690893e509bf140633ede7434b357cbf8d7146aff28c",
    ),
    "time and groups": (
        {"folds": 3},
        {"time": TIME, "groups": GROUPS},
        "5d5aecc88308c41a87b6edd91fe9cb0b88b416a31d2a1735aa038ae535944e69",
        "c787f737b956871a65f2690893e509bf140633ede7434b357cbf8d7146aff28c",
    ),
}


@pytest.mark.parametrize("name", PINNED)
def test_a_plan_without_new_settings_keeps_the_digest_that_run_folders_hold(name):
    asked, columns, digest, lock = PINNED[name]
    plan = make_plan(build(LABELS, **columns), seed=3, **asked)
    assert plan.digest == digest
    assert plan.lock_key == lock


def test_a_holdout_keeps_its_digest_too():
    plan = make_holdout(build(LABELS), 2, seed=3)
    assert plan.digest == "64a3da170c3d18cf0599a8b63512c3c1e6acb6f2f133e3c3bcc09e9acc96d041"
    units = make_holdout(100, 2, fingerprint="corpus")
    assert units.digest == "44c07ef5280e84424c69be7b6e7761269f80cfa57cf84c88143f0924e2e08f04"
    assert units.lock_key == "3146777b6f2a3c2e173c3083735154f925ad1e3cd79e39f813438d2db0344820"


def test_gap_window_and_scheme_are_part_of_the_digest():
    timed = build(LABELS, time=TIME)
    plans = [make_plan(timed, folds=3, **asked) for asked in ({}, {"gap": 0.5}, {"gap": 2}, {"window": 500}, {"window": 50})]
    # A gap of half a row and a window of all rows leave the folds as they are, and are another plan all the same.
    assert [fold.train.tolist() for fold in plans[0].folds] == [fold.train.tolist() for fold in plans[1].folds]
    assert len({plan.digest for plan in plans}) == 5
    grouped = build(np.linspace(0, 1, 40), groups=np.arange(40) // 20)
    left_out = make_plan(grouped, scheme="leave-one-group-out", test_share=0)
    assert left_out.to_json()["scheme"] == "leave-one-group-out"


def test_a_gap_of_nothing_is_no_gap():
    data = build(LABELS, time=TIME)
    assert make_plan(data, gap=0).digest == make_plan(data).digest
