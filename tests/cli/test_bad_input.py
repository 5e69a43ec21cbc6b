"""What bad input gets: exit code 2 and one line that says what, where and what to do; nothing computed is lost."""

from pathlib import Path

import pytest
from tests.cli.commands import QUICK, Command, table, write_csv


def test_a_missing_file_is_named(assay: Command) -> None:
    assert "nowhere.csv" in assay("run", "nowhere.csv", "--target", "diagnosis").complaint


def test_a_folder_without_pictures_is_said(assay: Command, tmp_path: Path) -> None:
    (tmp_path / "empty" / "cats").mkdir(parents=True)
    assert "empty" in assay("run", tmp_path / "empty").complaint


def test_an_unknown_column_brings_the_nearest_name(assay: Command, cancer: Path) -> None:
    assert "'diagnosis'" in assay("run", cancer, "--target", "diagnosys").complaint
    assert "'mean_radius'" in assay("check", cancer, "--target", "diagnosis", "--drop", "mean_radios").complaint


def test_a_target_of_one_class_is_said(assay: Command, tmp_path: Path) -> None:
    head, *lines = table()
    data = write_csv(tmp_path / "one.csv", [head, *([*line[:-1], "benign"] for line in lines)])
    assert "diagnosis" in assay("run", data, "--target", "diagnosis").complaint


def test_a_target_that_is_missing_everywhere_is_said(assay: Command, tmp_path: Path) -> None:
    head, *lines = table()
    data = write_csv(tmp_path / "none.csv", [head, *([*line[:-1], ""] for line in lines)])
    assert "missing" in assay("run", data, "--target", "diagnosis").complaint


def test_a_ragged_row_is_named_with_its_number(assay: Command, tmp_path: Path) -> None:
    lines = table()
    lines[5] = lines[5][:-2]
    data = write_csv(tmp_path / "ragged.csv", lines)
    complaint = assay("run", data, "--target", "diagnosis").complaint
    assert "6" in complaint
    assert "ragged.csv" in complaint


def test_a_picture_that_does_not_open_is_named(assay: Command, tmp_path: Path) -> None:
    from PIL import Image

    for name in ("cats", "dogs"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(12):
            Image.new("L", (8, 8), number * 9).save(tmp_path / "pets" / name / f"{number}.png")
    (tmp_path / "pets" / "dogs" / "3.png").write_bytes(b"\x89PNG no more")
    done = assay("run", tmp_path / "pets", "--recipes", "logistic", "--folds", "2", "--jobs", "1")
    assert done.code == 2
    assert "Traceback" not in done.err
    assert "3.png" in done.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--recipes", "logistc"], "'logistic'"),
        (["--treatments", "smot"], "'smote'"),
        (["--metric", "roc_auk"], "'roc_auc'"),
        (["--metric", "rmse"], "roc_auc"),
        (["--task", "binari"], "'binary'"),
        (["--copies", "keep"], "warn, group or drop"),
        (["--cost", "5"], "--cost 5,1"),
        (["--cost", "-1,2"], "0"),
        (["--kind", "mean_radius"], "COL=KIND"),
        (["--kind", "mean_radius=numbr"], "'number'"),
        (["--folds", "1"], "fold"),
        (["--folds", "many"], "--folds"),
        (["--jobs", "0"], "at least 1"),
        (["--prefer", "simple"], "--finish"),
        (["--finish", "--prefer", "simple"], "--margin"),
        (["--finish", "--margin", "0.1"], "--prefer simple"),
        (["--recipes", "logistic,"], "empty name"),
        (["--recipe", "logistic"], "--recipes"),
        (["--positive", "malign"], "malignant"),
        (["--split", "mean_radius", "--test", "x.csv"], "not"),
    ],
)
def test_an_impossible_option_is_said_in_one_line(assay: Command, cancer: Path, words: list[str], said: str) -> None:
    assert said in assay("run", cancer, "--target", "diagnosis", *words).complaint
    assert not Path("runs").exists()


def test_an_unknown_command_brings_the_nearest_one(assay: Command) -> None:
    assert "'finish'" in assay("finnish").complaint


def test_a_folder_of_another_study_is_left_alone(assay: Command, cancer: Path) -> None:
    assert assay("run", cancer, "--target", "diagnosis", *QUICK, "--out", "kept").code == 0
    before = {path: path.read_bytes() for path in Path("kept").rglob("*") if path.is_file()}
    assert "another" in assay("run", cancer, "--target", "diagnosis", *QUICK, "--seed", "1", "--out", "kept").complaint
    assert {path: path.read_bytes() for path in Path("kept").rglob("*") if path.is_file()} == before


def test_a_folder_with_other_files_is_no_run_folder(assay: Command, cancer: Path) -> None:
    Path("full").mkdir()
    Path("full/notes.txt").write_text("mine")
    assert "notes.txt" in assay("run", cancer, "--target", "diagnosis", *QUICK, "--out", "full").complaint


def test_a_file_is_no_run_folder(assay: Command, cancer: Path) -> None:
    before = cancer.read_bytes()
    assert "cancer.csv" in assay("run", cancer, "--target", "diagnosis", *QUICK, "--out", cancer).complaint
    assert cancer.read_bytes() == before


def test_data_that_changed_before_a_resume_are_refused_and_nothing_is_lost(assay: Command, cancer: Path) -> None:
    words = ("run", cancer, "--target", "diagnosis", *QUICK, "--out", "kept")
    assert assay(*words).code == 0
    journal, original = Path("kept/journal").read_bytes(), cancer.read_bytes()
    cancer.write_bytes(original.replace(b"17.99", b"17.98", 1))
    assert "changed" in assay(*words).complaint
    assert "changed" in assay("finish", "kept").complaint
    assert Path("kept/journal").read_bytes() == journal
    cancer.write_bytes(original)
    assert assay(*words).code == 0
    assert Path("kept/journal").read_bytes() == journal


def test_a_flipped_byte_in_a_saved_model_is_found(assay: Command, cancer: Path) -> None:
    assert assay("run", cancer, "--target", "diagnosis", *QUICK, "--out", "kept", "--finish").code == 0
    assert assay("model", "verify", "kept/model").code == 0
    for path in sorted(Path("kept/model").iterdir()):
        whole = path.read_bytes()
        place = len(whole) // 2
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        for words in (("model", "verify", "kept/model"), ("predict", "kept/model", cancer)):
            assert path.name in assay(*words).complaint
        path.write_bytes(whole)
    assert assay("model", "verify", "kept/model").code == 0


def test_a_model_that_is_not_there_is_said(assay: Command, cancer: Path) -> None:
    for words in (("predict", "no.assay", cancer), ("model", "show", "no.assay"), ("serve", "no.assay")):
        assert "no.assay" in assay(*words).complaint


@pytest.mark.parametrize("words", [("finish",), ("report",), ("compare", "a", "b")])
def test_a_folder_that_is_no_run_is_said(assay: Command, words: tuple[str, ...]) -> None:
    command, *rest = words
    assert "no run folder" in assay(command, "runs/none", *rest).complaint
    assert not Path("runs").exists()


def test_a_run_made_in_python_says_where_to_finish_it(assay: Command, cancer: Path) -> None:
    import assay as library

    library.Study(library.read(cancer, target="diagnosis"), ["baseline"], folds=2).run("made", jobs=1)
    assert "Python" in assay("finish", "made").complaint


def test_strict_stops_at_a_warning_and_names_the_column_to_drop(assay: Command, tmp_path: Path) -> None:
    head, *lines = table()
    leaky = [[*line[:-1], f"code-{line[-1]}", line[-1]] for line in lines]
    data = write_csv(tmp_path / "leaky.csv", [[*head[:-1], "copy", head[-1]], *leaky])
    complaint = assay("run", data, "--target", "diagnosis", *QUICK, "--strict").complaint
    assert "--drop" in complaint
    assert "copy" in complaint
    assert not Path("runs").exists()
    checked = assay("check", data, "--target", "diagnosis")
    assert checked.code == 0
    assert "copy" in checked.out
    strict = assay("check", data, "--target", "diagnosis", "--strict")
    assert strict.out == checked.out
    assert "--drop" in strict.complaint


def test_a_run_folder_in_place_of_its_model_brings_the_name_of_the_model(assay: Command, cancer: Path) -> None:
    Path("kept").mkdir()
    Path("kept/study.toml").write_text("")
    commands = (("predict", "kept", cancer), ("serve", "kept"), ("model", "show", "kept"), ("model", "verify", "kept"))
    for words in commands:
        assert "assay finish kept" in assay(*words).complaint
    Path("kept/model").mkdir()
    for words in commands:
        assert "name its model: kept/model" in assay(*words).complaint


def test_a_table_without_features_is_said_to_have_none(assay: Command, cancer: Path) -> None:
    header = cancer.read_text().splitlines()[0].split(",")
    others = ",".join(name for name in header if name != "diagnosis")
    assert "features: none." in assay("check", cancer, "--target", "diagnosis", "--drop", others).out


def test_a_file_of_predictions_needs_a_known_suffix(assay: Command, cancer: Path) -> None:
    assert ".parquet" in assay("predict", "model", cancer, "-o", "out.parket").complaint


def test_a_name_of_many_lines_with_colours_is_shown_on_one(assay: Command) -> None:
    assert "\\x1b" in assay("run", "a\n\x1b[31mb.csv", "--target", "x").complaint


def test_a_defect_is_said_as_ours_with_its_traceback(assay: Command, monkeypatch: pytest.MonkeyPatch, cancer: Path) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("made up")

    monkeypatch.setattr("assay.data.reader.load", broken)
    done = assay("run", cancer, "--target", "diagnosis")
    assert done.code == 1
    assert done.out == ""
    assert done.err.startswith("assay: a defect of ours: ZeroDivisionError: made up\nTraceback")
