"""``assay explain`` for a model of pictures: where it looked, what it confuses, what it learnt to see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.cli.console import one_line, say, say_json, shown, tell
from assay.cli.outputs import writing
from assay.core.errors import ConfigError

if TYPE_CHECKING:
    from assay.data.schema import Column
    from assay.explain.held import HeldOut
    from assay.explain.picture_explanation import PictureExplanation, PictureLook, Training
    from assay.study.result import StudyResult

Given = Sequence[tuple[str, object]]


@dataclass(frozen=True)
class Asked:
    """What the command was told for pictures.  files: the folder for them.  page: where the page goes."""

    what: str
    data: str | None
    row: int | None
    seed: int
    training: str | None
    layer: str | None
    baseline: str | None
    pictures: int | None
    files: str | None
    page: Path | None
    as_json: bool


def check_options(features: "list[Column]", table: Given, pictures: Given) -> None:
    """Raise ConfigError for an option of tables where all features are pictures, and for one of pictures elsewhere.

    table, pictures: those options by name, None where they were not given.
    """
    kinds = {column.kind for column in features}
    seen = kinds == {"image"}
    read = {"image": "pictures", "text": "texts"}.get(next(iter(kinds), "")) if len(kinds) == 1 else None
    for name, value in table if read else ():
        if value is not None:
            raise ConfigError(f"{name} is about the columns of a table, and this model reads {read}; leave it out.")
    for name, value in () if seen else pictures:
        if value is not None:
            raise ConfigError(f"{name} is for models that read pictures and nothing else; leave it out.")


def explain_and_tell(held: "HeldOut", asked: Asked, result: "StudyResult | None") -> None:
    """result: the run that the models are of, None for a saved one."""
    from assay.explain.picture_explanation import PictureSettings
    from assay.explain.pictures import explain_pictures

    usual = PictureSettings()
    settings = PictureSettings(
        row=asked.row,
        pictures=usual.pictures if asked.pictures is None else asked.pictures,
        layer=asked.layer,
        baseline=usual.baseline if asked.baseline is None else asked.baseline,
        seed=asked.seed,
    )
    training = training_of(held, asked.training, result)
    found = explain_pictures(held, settings, training, lambda step: tell(f"{step} …"))
    files = _write(found, held, asked, settings.seed)
    if asked.as_json:
        page = None if asked.page is None else str(asked.page)
        told: dict[str, Any] = {"schema": 1, "what": asked.what, "data": asked.data, **found.to_json(), "page": page}
        say_json({**told, "files": files})
        return
    for line in words(found):
        say(" " * (len(line) - len(line.lstrip())) + one_line(line))
    if asked.page is not None:
        say(f"Page: {shown(asked.page)}")
    if asked.files is not None:
        say(f"Files: {len(files)} in {shown(Path(asked.files))}")


def training_of(held: "HeldOut", said: str | None, result: "StudyResult | None") -> "list[Training]":
    """What each model learnt from: the rows of its fold, or the pictures that are named; empty where nothing is known."""
    from assay.explain.picture_explanation import Training

    if result is None:
        return [] if said is None else [_named(held, said)]
    if said is not None:
        raise ConfigError("--training is for a saved model; of a run the training pictures of each fold are known.")
    from assay.cli.explained_rows import some_rows

    found = []
    for part in held.parts:
        fold = next(one for one in result.plan.folds if (one.repeat, one.fold) == (part.repeat, part.fold))
        rows = some_rows(fold.train, result.settings.seed)
        labels = result.data.frame[held.task.target].gather(rows).cast(str).to_list()
        about = "the training pictures of its fold"
        found.append(Training(part.reference, tuple(labels), tuple(rows.tolist()), about))
    return found


def _named(held: "HeldOut", said: str) -> "Training":
    from assay.cli.explained_rows import pictures_in
    from assay.data.conforming import conform
    from assay.data.reader import load
    from assay.explain.picture_explanation import Training

    raw, schema = pictures_in(Path(said)) if Path(said).is_dir() else load(said), held.parts[0].fitted.schema
    features = conform(raw.frame, schema, root=raw.root)
    target = held.task.target
    labels = raw.frame[target].cast(str).fill_null("").to_list() if target in raw.frame.columns else [""] * features.height
    return Training(features, tuple(labels), tuple(range(features.height)), f"the pictures of {Path(said).name}")


def _write(found: "PictureExplanation", held: "HeldOut", asked: Asked, seed: int) -> list[str]:
    """The page and the picture files; returns the names of the latter."""
    from assay.core.files import write_atomic
    from assay.report.picture_explanation import picture_files, write_picture_explanation

    if asked.page is not None:
        with writing(asked.page):
            write_picture_explanation(found, held.task, Path(asked.what).name, asked.page, seed=seed)
    if asked.files is None:
        return []
    folder, written = Path(asked.files), []
    with writing(folder, "--files"):
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in picture_files(found).items():
            write_atomic(folder / name, data)
            written.append(str(folder / name))
    return written


def words(found: "PictureExplanation") -> Iterator[str]:
    """What a person reads on the screen."""
    yield f"{found.recipe}: {found.about}."
    for warning in found.warnings:
        yield f"Warning: {warning}"
    if found.right is not None:
        yield f"Right about {found.right} of them."
    if found.gallery is not None:
        for pair in found.gallery.pairs[:5]:
            yield f"  {pair.truth} called {pair.said}: {pair.count} of {pair.of}"
    if found.layer:
        yield f"Grad-CAM reads {found.layer}."
    yield ""
    for look in found.looks:
        yield _look_words(look)
    for what, reason in found.left_out:
        yield f"Left out: {what}: {reason}"


def _look_words(look: "PictureLook") -> str:
    row = look.row
    chance = "" if row.chance is None else f" ({row.chance:.3f})"
    truth = "" if row.truth is None else f", truth {row.truth}"
    near = ", ".join(one.label or f"row {one.unit}" for one in look.near)
    return f"Row {row.unit} ({look.why}): {row.said}{chance}{truth}" + (f"; nearest: {near}" if near else "") + "."
