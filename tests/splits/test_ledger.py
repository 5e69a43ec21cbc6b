"""The ledger of the lock: kills, torn writes, damage, and two processes at once."""

import subprocess
import sys

import pytest

from assay.core.errors import AssayWarning, DefectError, StudyError
from assay.splits.ledger import Ledger

KEY = "a" * 64


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "ledger")


def open_once(ledger, candidate, study="s"):
    opening = ledger.begin(KEY, study=study, candidate=candidate, when="2026-01-01")
    opening = ledger.record_predictions(opening, f"digest of {candidate}")
    return ledger.finish(opening)


def test_openings_are_numbered_across_studies(ledger):
    assert open_once(ledger, "logistic").number == 1
    assert open_once(ledger, "boosting").number == 2
    assert open_once(ledger, "boosting", study="another").number == 3
    assert [(o.number, o.candidate, o.state) for o in ledger.openings(KEY)] == [
        (1, "logistic", "done"),
        (2, "boosting", "done"),
        (3, "boosting", "done"),
    ]


def test_an_opening_keeps_its_time_reason_and_data(ledger):
    asked = {"study": "s", "candidate": "logistic", "when": "2026-01-01T10:00:00+00:00", "reason": "the board asks"}
    ledger.begin(KEY, **asked, fingerprint="f" * 64)
    ledger.begin(KEY, **{**asked, "when": "later", "reason": "again"}, fingerprint="other")
    [opening] = Ledger(ledger.folder).openings(KEY)
    assert (opening.when, opening.reason, opening.fingerprint) == (asked["when"], asked["reason"], "f" * 64)


def test_openings_of_all_locks_come_in_order_of_time(ledger):
    for key, when in (("b" * 64, "2026-03-01"), (KEY, "2026-01-01"), ("c" * 64, "2026-02-01")):
        ledger.begin(key, study="s", candidate="logistic", when=when, data_key=None)
    assert [opening.when for opening in ledger.openings()] == ["2026-01-01", "2026-02-01", "2026-03-01"]
    assert Ledger(ledger.folder / "none").openings() == []


def test_a_file_written_before_reasons_were_kept_is_read_and_continued(ledger):
    ledger.folder.mkdir()
    (ledger.folder / KEY).write_bytes(
        b'00000053 19b824da681da591 {"candidate":"logistic","kind":"intent","number":1,"study":"s","when":"2026-01-01"}\n'
        b'0000002e 921e079fa56a7c49 {"digest":"d","kind":"predictions","number":1}\n'
        b'0000001a f3013d3d3fe994cc {"kind":"done","number":1}\n'
    )
    [old] = ledger.openings(KEY)
    assert (old.number, old.state, old.predictions, old.reason, old.fingerprint) == (1, "done", "d", "", "")
    assert ledger.begin(KEY, study="s", candidate="boosting", when="now", reason="new").number == 2
    assert [opening.reason for opening in ledger.openings(KEY)] == ["", "new"]


def test_an_unopened_lock_has_no_openings_and_no_file(ledger):
    assert ledger.openings(KEY) == []
    assert not ledger.folder.exists()


def test_an_unfinished_opening_is_continued_with_its_number(ledger):
    first = ledger.begin(KEY, study="s", candidate="logistic", when="then")
    again = Ledger(ledger.folder).begin(KEY, study="s", candidate="logistic", when="later")
    assert again == first
    recorded = ledger.record_predictions(again, "d")
    assert Ledger(ledger.folder).begin(KEY, study="s", candidate="logistic", when="later") == recorded
    assert recorded.state == "predictions"
    assert len(ledger.openings(KEY)) == 1


def test_a_finished_opening_asked_again_is_the_same_opening(ledger):
    done = open_once(ledger, "logistic")
    assert open_once(ledger, "logistic") == done
    assert len(ledger.openings(KEY)) == 1


def test_locks_do_not_mix(ledger):
    open_once(ledger, "logistic")
    assert ledger.begin("b" * 64, study="s", candidate="x", when="now").number == 1


def test_other_predictions_under_one_opening_are_refused(ledger):
    opening = ledger.record_predictions(ledger.begin(KEY, study="s", candidate="logistic", when="now"), "one")
    with pytest.raises(StudyError, match=r"opening 1 .* 'logistic' on record that differ"):
        ledger.record_predictions(opening, "two")


def test_finishing_before_the_predictions_is_a_defect(ledger):
    opening = ledger.begin(KEY, study="s", candidate="logistic", when="now")
    with pytest.raises(DefectError, match="before its predictions"):
        ledger.finish(opening)


def test_a_last_record_cut_at_any_byte_is_taken_off_and_nothing_else_is(ledger):
    open_once(ledger, "logistic")
    path = ledger.folder / KEY
    whole = path.read_bytes()
    ledger.begin(KEY, study="s", candidate="boosting", when="now")
    longer = path.read_bytes()
    for size in range(len(whole) + 1, len(longer)):
        path.write_bytes(longer[:size])
        assert [o.candidate for o in ledger.openings(KEY)] == ["logistic"]
        with pytest.warns(AssayWarning, match="cut off"):
            assert ledger.begin(KEY, study="s", candidate="boosting", when="now").number == 2
        assert path.read_bytes() == longer


def test_zeros_left_by_a_lost_write_are_cut_off(ledger):
    open_once(ledger, "logistic")
    path = ledger.folder / KEY
    whole = path.read_bytes()
    path.write_bytes(whole + b"\0" * 100)
    with pytest.warns(AssayWarning, match="cut off"):
        assert ledger.begin(KEY, study="s", candidate="logistic", when="now").state == "done"
    assert path.read_bytes() == whole


def test_a_flipped_byte_anywhere_is_refused(ledger):
    open_once(ledger, "logistic")
    path = ledger.folder / KEY
    whole = path.read_bytes()
    for place in range(len(whole) - 1):  # the very last byte is the newline of the last line: without it the line is torn
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(StudyError, match="damaged at byte"):
            ledger.openings(KEY)


def test_a_ledger_that_was_removed_between_two_steps_is_said(ledger):
    opening = ledger.begin(KEY, study="s", candidate="logistic", when="now")
    (ledger.folder / KEY).unlink()
    with pytest.raises(StudyError, match="is not in the ledger"):
        ledger.record_predictions(opening, "d")


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StudyError, match="ASSAY_HOME"):
        Ledger(tmp_path / "file" / "ledger").begin(KEY, study="s", candidate="c", when="now")


def test_a_lock_key_cannot_walk_out_of_the_folder(ledger):
    with pytest.raises(DefectError, match="no lock key"):
        ledger.openings("../elsewhere")


def test_the_default_folder_is_the_users_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    assert Ledger().folder == tmp_path / "ledger"


def test_processes_at_once_never_share_a_number(ledger):
    script = (
        "import sys; from pathlib import Path; from assay.splits.ledger import Ledger\n"
        "ledger = Ledger(Path(sys.argv[1]))\n"
        "for i in range(20):\n"
        "    o = ledger.begin(sys.argv[2], study=sys.argv[3], candidate=str(i), when='now')\n"
        "    ledger.finish(ledger.record_predictions(o, 'd'))\n"
    )
    runs = [subprocess.Popen([sys.executable, "-c", script, str(ledger.folder), KEY, f"study {i}"]) for i in range(3)]
    assert [run.wait() for run in runs] == [0, 0, 0]
    openings = ledger.openings(KEY)
    assert [o.number for o in openings] == list(range(1, 61))
    assert {(o.study, o.candidate) for o in openings} == {(f"study {i}", str(c)) for i in range(3) for c in range(20)}
    assert {o.state for o in openings} == {"done"}


def test_a_process_killed_after_its_intent_leaves_an_opening_that_goes_on(ledger):
    script = (
        "import os, signal, sys; from pathlib import Path; from assay.splits.ledger import Ledger\n"
        "Ledger(Path(sys.argv[1])).begin(sys.argv[2], study='s', candidate='c', when='then')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(ledger.folder), KEY], check=False).returncode == -9
    opening = ledger.begin(KEY, study="s", candidate="c", when="now")
    assert (opening.number, opening.when, opening.state) == (1, "then", "intent")
