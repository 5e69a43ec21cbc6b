"""Rows that another lock has shown: counted once, kept through kills, bounded, and refused when damaged."""

import subprocess
import sys

import numpy as np
import pytest

from assay.core.errors import DefectError, StudyError
from assay.splits.ledger import Ledger
from assay.splits.making import make_plan
from assay.splits.plan import lock_key_of

DATA = "d" * 64


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "ledger")


def opened(ledger, rows, *, data=DATA, candidate="logistic", when="2026-01-01"):
    rows = np.asarray(rows)
    key = lock_key_of(data, rows)
    opening = ledger.begin(
        key, study="s", candidate=candidate, when=when, reason="to see", fingerprint="f", data_key=data, rows=rows
    )
    return ledger.finish(ledger.record_predictions(opening, f"digest of {candidate}"))


def test_rows_behind_another_lock_of_the_same_data_were_seen_before(ledger):
    opened(ledger, range(10))
    assert ledger.seen_before(DATA, np.arange(5, 12)) == 5
    assert ledger.seen_before(DATA, np.arange(50, 60)) == 0
    assert ledger.seen_before("another", np.arange(5, 12)) == 0


def test_a_lock_does_not_see_its_own_openings(ledger):
    opened(ledger, range(10))
    opened(ledger, range(10), candidate="boosting")
    assert ledger.seen_before(DATA, np.arange(10)) == 0


def test_a_lock_sees_what_others_show_after_it(ledger):
    opened(ledger, range(10))
    opened(ledger, range(7, 20))
    assert ledger.seen_before(DATA, np.arange(10)) == 3
    assert ledger.seen_before(DATA, np.arange(7, 20)) == 3


def test_overlaps_of_many_locks_are_those_of_their_sets(ledger):
    rng = np.random.default_rng(0)
    locks = [np.sort(rng.choice(200, 30, replace=False)) for _ in range(12)]
    for rows in [*locks, *locks]:
        opened(ledger, rows)
    for number, rows in enumerate(locks):
        others = np.concatenate([other for place, other in enumerate(locks) if place != number])
        assert ledger.seen_before(DATA, rows) == len(np.intersect1d(rows, others))


def test_another_seed_locks_rows_that_were_partly_seen(ledger, make, labels):
    data = make(labels)
    first, second = make_plan(data, seed=1), make_plan(data, seed=2)
    opened(ledger, first.locked, data=first.data_key)
    assert first.lock_key != second.lock_key
    assert ledger.openings(second.lock_key) == []
    expected = len(np.intersect1d(first.locked, second.locked))
    assert ledger.seen_before(second.data_key, second.locked) == expected > 0


def test_an_opening_without_rows_is_counted_and_shows_none(ledger):
    rows = np.arange(10)
    ledger.begin(lock_key_of(DATA, rows), study="s", candidate="c", when="now")
    assert ledger.seen_before(DATA, np.arange(5, 12)) == 0
    opened(ledger, rows, candidate="c")
    assert ledger.seen_before(DATA, np.arange(5, 12)) == 5


def test_rows_that_are_not_behind_the_lock_are_a_defect(ledger):
    with pytest.raises(DefectError, match="are not those behind this lock"):
        ledger.begin("a" * 64, study="s", candidate="c", when="now", data_key=DATA, rows=np.arange(3))


def test_the_file_is_bounded_by_the_rows_and_not_by_the_openings(ledger):
    rows = np.sort(np.random.default_rng(0).choice(100_000, 20_000, replace=False))
    opened(ledger, rows)
    [file] = [path for path in (ledger.folder / "shown").iterdir() if path.name != ".lock"]
    size = file.stat().st_size
    assert size < 100_000 / 4
    for number in range(5):
        opened(ledger, rows, candidate=str(number))
    assert file.stat().st_size == size


def test_a_flipped_byte_or_a_lost_tail_is_refused(ledger):
    opened(ledger, range(10))
    [file] = [path for path in (ledger.folder / "shown").iterdir() if path.name != ".lock"]
    whole = file.read_bytes()
    damaged = [whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :] for place in range(len(whole))]
    for content in [*damaged, whole[:-1], b"", whole + whole]:
        file.write_bytes(content)
        with pytest.raises(StudyError, match="is damaged"):
            ledger.seen_before(DATA, np.arange(10))
    file.write_bytes(whole)
    assert ledger.seen_before(DATA, np.arange(9, 12)) == 1


def test_a_process_killed_before_the_rename_leaves_the_state_as_it_was(ledger):
    opened(ledger, range(10))
    script = (
        "import os, signal, sys; from pathlib import Path; import numpy as np\n"
        "from assay.splits.ledger import Ledger; from assay.splits.plan import lock_key_of\n"
        "Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "rows = np.arange(5, 15)\n"
        "Ledger(Path(sys.argv[1])).begin(lock_key_of(sys.argv[2], rows), study='s', candidate='c', when='then',"
        " data_key=sys.argv[2], rows=rows)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(ledger.folder), DATA], check=False).returncode == -9
    assert ledger.seen_before(DATA, np.arange(10, 20)) == 0, "the killed opening never returned, so nobody saw a row"
    assert opened(ledger, range(5, 15), candidate="c").number == 1
    assert ledger.seen_before(DATA, np.arange(10, 20)) == 5
    assert [path.name for path in (ledger.folder / "shown").iterdir() if path.name.endswith(".part")] == []


def test_processes_at_once_lose_no_rows(ledger):
    script = (
        "import sys; from pathlib import Path; import numpy as np\n"
        "from assay.splits.ledger import Ledger; from assay.splits.plan import lock_key_of\n"
        "for i in range(10):\n"
        "    rows = np.array([int(sys.argv[3]) * 10 + i])\n"
        "    Ledger(Path(sys.argv[1])).begin(lock_key_of(sys.argv[2], rows), study='s', candidate='c', when='now',"
        " data_key=sys.argv[2], rows=rows)\n"
    )
    runs = [subprocess.Popen([sys.executable, "-c", script, str(ledger.folder), DATA, str(i)]) for i in range(3)]
    assert [run.wait() for run in runs] == [0, 0, 0]
    assert ledger.seen_before(DATA, np.arange(40)) == 30
    assert len(ledger.openings()) == 30
