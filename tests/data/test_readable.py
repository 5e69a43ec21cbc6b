"""Pictures that do not open, class folders without one, and other input that is at fault: one sentence each."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import assay
from assay.core.errors import ConfigError, DataError
from assay.data.images import decode


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(12):
            Image.fromarray(random.integers(0, 255, (9, 9, 3), dtype=np.uint8)).save(
                tmp_path / "pets" / name / f"{number:02}.png"
            )
    return tmp_path / "pets"


def test_what_does_not_open_is_left_out_on_request_and_named_and_counted(folder):
    for name in ("cat/03.png", "dog/00.png", "dog/01.png", "dog/07.png"):
        (folder / name).write_bytes(b"" if name.startswith("cat") else b"no picture")
    data = assay.read(folder, unreadable="skip")
    assert len(data) == 20
    note = data.notes[0]
    assert note.startswith("4 of 24 pictures do not open and are left out (row 4, column 'image': the picture ")
    assert note.endswith("cat/03.png does not open: it is empty (0 bytes), row 13, row 14 and 1 more)")


def test_the_given_test_rows_stay_what_they_are(folder):
    (folder / "train").mkdir()
    for name in ("cat", "dog"):
        (folder / name).rename(folder / "train" / name)
        (folder / "test" / name).mkdir(parents=True)
        for number in range(3):
            (folder / "test" / name / f"{number}.png").write_bytes((folder / "train" / name / f"{number:02}.png").read_bytes())
    (folder / "train" / "cat" / "05.png").write_bytes(b"x")
    (folder / "test" / "dog" / "1.png").write_bytes(b"x")
    data = assay.read(folder, unreadable="skip")
    assert data.given_test is not None
    assert (len(data), int(data.given_test.sum())) == (28, 5)
    assert all("/test/" in path for path in data.frame.filter(data.given_test)["image"])


def test_an_empty_class_folder_is_refused_and_left_out_on_request(folder):
    (folder / "bird" / "deep").mkdir(parents=True)
    with pytest.raises(DataError, match="the class folder 'bird' holds no pictures; put some into it, remove it"):
        assay.read(folder)
    data = assay.read(folder, unreadable="skip")
    assert data.question.classes == ("cat", "dog")
    assert data.notes[0] == "the class folder 'bird' holds no pictures"


def test_a_class_or_a_folder_of_which_nothing_opens_is_said(folder):
    for path in (folder / "cat").iterdir():
        path.write_bytes(b"x")
    with pytest.raises(DataError, match="one class only, 'dog'"):
        assay.read(folder, unreadable="skip")
    for path in (folder / "dog").iterdir():
        path.write_bytes(b"x")
    with pytest.raises(DataError, match="24 of 24 pictures do not open"):
        assay.read(folder, unreadable="skip")


def test_another_word_than_refuse_or_skip_is_refused(folder):
    with pytest.raises(ConfigError, match="unreadable='ignore'"):
        assay.read(folder, unreadable="ignore")


def test_pictures_of_too_many_channels_or_of_other_channels_in_train_and_test_are_refused(tmp_path):
    five = assay.read((np.zeros((4, 6, 6, 5), dtype=np.uint8), np.array([0, 1, 0, 1])))
    with pytest.raises(DataError, match="pictures of 5 channels are not read; 1 to 4 are"):
        decode(five.frame["image"], size=(6, 6), channels=3)
    grey, colour = np.zeros((4, 6, 6), dtype=np.uint8), np.zeros((4, 6, 6, 3), dtype=np.uint8)
    labels = np.array([0, 1, 0, 1])
    np.savez(tmp_path / "t.npz", x_train=grey, y_train=labels, x_test=colour, y_test=labels)
    with pytest.raises(DataError, match="x_train and x_test differ in shape or type"):
        assay.read(tmp_path / "t.npz")
