"""The journal keeps every whole record whatever happens to its tail."""

from pathlib import Path

import pytest

from assay.core.errors import StudyError
from assay.study.journal import append_record, read_journal

RECORDS = [{"cell": ["logistic", "none", 0, fold], "note": "строка\nс переводом"} for fold in range(3)]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal"
    for record in RECORDS:
        append_record(path, record)
    return path


def test_records_come_back_in_order(journal: Path) -> None:
    assert list(read_journal(journal).records) == RECORDS


def test_a_journal_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "journal").records == ()


def test_a_cut_at_any_byte_keeps_the_whole_records_and_says_what_was_torn(journal: Path) -> None:
    content = journal.read_bytes()
    ends = [position + 1 for position, byte in enumerate(content) if byte == ord("\n")]
    for length in range(len(content) + 1):
        journal.write_bytes(content[:length])
        whole = sum(end <= length for end in ends)
        found = read_journal(journal)
        assert list(found.records) == RECORDS[:whole]
        assert found.torn_bytes == length - max([0, *[end for end in ends if end <= length]])
        assert read_journal(journal).torn_bytes == 0, "the torn tail was cut off the file"


def test_a_record_appended_after_a_tear_is_read(journal: Path) -> None:
    with journal.open("ab") as stream:
        stream.write(b"57 0123")
    read_journal(journal)
    append_record(journal, {"after": 1})
    assert list(read_journal(journal).records) == [*RECORDS, {"after": 1}]


def test_a_flipped_byte_before_the_last_record_is_refused_with_its_place(journal: Path) -> None:
    content = bytearray(journal.read_bytes())
    content[20] ^= 1
    journal.write_bytes(content)
    with pytest.raises(StudyError, match=r"record 1 .* is damaged"):
        read_journal(journal)
