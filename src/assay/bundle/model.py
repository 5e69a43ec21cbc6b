"""The model that a study hands over: it predicts, says what it rests on, and saves itself without pickle."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import assay
from assay.archive import files, weights
from assay.archive.manifest import Manifest, check, listing, versions_here
from assay.archive.state import decode, encode
from assay.archive.strict import parse_canonical
from assay.core.errors import AssayError, BundleError, ConfigError, MissingExtraError
from assay.core.files import canonical_json
from assay.core.shown import show
from assay.data.conforming import conform, read_features
from assay.data.dataset import Dataset
from assay.data.reference import Spread
from assay.data.task import Task
from assay.measure.conformal.fitted import FittedConformal
from assay.measure.conformal.quantile import check_level
from assay.measure.payload import Predictions
from assay.measure.texts import FORM, texts_of
from assay.measure.tokens import text_log_probabilities
from assay.recipes.fitted import Fitted

DEFAULT_THRESHOLD = 0.5
CONFORMAL = "conformal"
"""The key of the conformal part in the state; a model saved without one has no such key."""
REFERENCE = "reference"
"""The key of the training rows' spread, likewise."""


@dataclass(frozen=True)
class Model:
    """threshold: the probability from which on a binary model says the positive class; None means 0.5.

    card: JSON values without NaN, as the study states them: name, created, prior, metrics (name -> interval), verdicts,
    versions, fingerprints.

    conformal: what sets and intervals at a level are made with, or None.
    reference: how the training rows were spread, a column each, for whoever watches the rows that come later; may be empty.
    """

    fitted: Fitted
    threshold: float | None = None
    card: Mapping[str, Any] = field(default_factory=dict)
    conformal: FittedConformal | None = None
    reference: tuple[Spread, ...] = ()

    def _repr_html_(self) -> str:
        """For a notebook: what it is, what it reads, and how good it was found to be."""
        task = self.fitted.task
        told = {
            "recipe": self.fitted.recipe,
            "answers": f"{task.target} ({task.name})",
            "reads": [column.name for column in self.fitted.schema.features],
            "threshold": self.threshold,
            "on the locked rows": dict(self.card.get("metrics") or {}),
        }
        return show(self.name, {name: value for name, value in told.items() if value not in (None, {})})

    def __post_init__(self) -> None:
        names = {column.name for column in self.fitted.schema.features}
        if self.reference and (len(self.reference) != len(names) or {one.name for one in self.reference} != names):
            raise ConfigError("the reference of a model has one spread for each of its columns, and no other.")
        if self.conformal is not None:
            _check_conformal(self.conformal, self.fitted.task)
        if self.threshold is None:
            return
        if self.fitted.task.name != "binary":
            raise ConfigError(f"a threshold is for binary tasks; this one is {self.fitted.task.name}.")
        if not math.isfinite(self.threshold):
            raise ConfigError(f"a threshold must be a number, not {self.threshold}.")

    @property
    def name(self) -> str:
        """The name on the card, or the recipe's."""
        return str(self.card.get("name", self.fitted.recipe))

    def predict(self, rows: object, level: float | None = None) -> pl.DataFrame:
        """One line of answers a row, in the order of the rows.

        rows: a path (any format that ``assay.read`` takes), a polars or pandas frame, a list of dicts, or a Dataset;
        it has the feature columns by name, and more columns are ignored.
        Returns, for binary, "prediction" (a label), "probability" (of the positive class) and "score"; for multiclass
        "prediction" and a "probability_<class>" each; for regression "prediction" (a number), for rewriting and tagging
        "prediction" (a text), for a language model "log_probability", "tokens" and "perplexity".
        With a level, such as 0.9, also what holds the truth that often: for classes "set" (a list of labels, which may be
        empty) and "set_size", for regression "low" and "high" (null where too few rows were seen to give a bound).
        Raises DataError for a missing column and for a cell that cannot be read as its kind, with column and row;
        ConfigError for a level that is none, or that the model has no conformal part for.
        """
        self._check_level(level)
        return self.predict_features(self._features(rows), level)

    def predict_features(self, features: pl.DataFrame, level: float | None = None) -> pl.DataFrame:
        """As ``predict``, for a frame that ``conform`` has already brought into the shape of the schema."""
        conformal = self._check_level(level)
        predictions = self.fitted.predict(features)
        found = answers(self.fitted, predictions, self.threshold)
        if conformal is None or level is None:
            return found
        return found.with_columns(conformal_columns(conformal.apply(predictions, level), self.fitted.task))

    def notes(self, level: float | None) -> list[str]:
        """What a reader of answers at this level must know, a sentence each."""
        conformal = self._check_level(level)
        return [] if conformal is None or level is None else conformal.notes(level, self.fitted.task.classes)

    def _check_level(self, level: float | None) -> FittedConformal | None:
        """What answers at this level are made with; None where none is asked for. Raises ConfigError."""
        if level is None:
            return None
        check_level(level)
        if self.conformal is None:
            what = "sets" if self.fitted.task.is_classification else "intervals"
            raise ConfigError(
                f"model {self.name!r} was saved without what {what} take; ask without a level, or finish a study anew."
            )
        return self.conformal

    def _features(self, rows: object) -> pl.DataFrame:
        if isinstance(rows, Dataset):
            rows = rows.frame
        if isinstance(rows, list | tuple | pl.DataFrame):
            return conform(rows, self.fitted.schema)
        return read_features(rows, self.fitted.schema)

    def content(self) -> dict[str, bytes]:
        """The files of the saved model but its manifest: equal models give equal bytes, and so equal SHA-256."""
        state = self.fitted.state()
        if self.conformal is not None:
            state = {**state, CONFORMAL: self.conformal.state()}
        if self.reference:
            state = {**state, REFERENCE: [spread.to_json() for spread in self.reference]}
        value, arrays = encode(state)
        return {files.STATE: canonical_json(value).encode(), files.WEIGHTS: weights.pack(arrays)}

    def export(self, path: str | Path) -> Path:
        """The model as ONNX, for runtimes elsewhere; see ``assay.bundle.onnx.file.export_onnx``."""
        from assay.bundle.onnx.file import export_onnx

        return export_onnx(self, path)

    def save(self, path: str | Path) -> None:
        """Write a folder, or one file when the name ends in .assay; equal models give equal bytes.

        The old file is whole until the new one is. Raises BundleError when ``path`` holds something that is not a saved
        model, and when the disk refuses.
        """
        parts = self.content()
        manifest = Manifest(
            assay=assay.__version__,
            libraries=versions_here(),
            recipe=self.fitted.recipe,
            task=self.fitted.task.to_json(),
            schema=self.fitted.schema.to_json(),
            threshold=None if self.threshold is None else float(self.threshold),
            card=self.card,
            files=listing(parts),
        )
        files.write(Path(path), {files.MANIFEST: manifest.to_bytes(), **parts})


def answers(fitted: Fitted, predictions: Predictions, threshold: float | None) -> pl.DataFrame:
    """Predictions as the table that users read."""
    columns: dict[str, Any] = answer_columns(fitted.task, predictions, threshold)
    if fitted.task.is_classification:
        columns["prediction"] = pl.Series(fitted.task.classes, dtype=pl.String).gather(columns["prediction"])
    return pl.DataFrame(columns)


def answer_columns(task: Task, predictions: Predictions, threshold: float | None) -> dict[str, np.ndarray]:
    """What is said of each row, (n,) each; "prediction" is the place of the label among the classes, a value, or a text."""
    if task.is_language:
        return language_columns(predictions)
    if not task.is_classification:
        spread = {name: values for name, values in predictions.arrays.items() if name == "spread"}
        return {"prediction": predictions["value"], **spread}
    probability = predictions["probability"]
    if task.name == "binary":
        label = (probability >= (DEFAULT_THRESHOLD if threshold is None else threshold)).astype("int64")
        return {"prediction": label, "probability": probability, "score": predictions["score"]}
    each = {f"probability_{name}": probability[:, code] for code, name in enumerate(task.classes)}
    return {"prediction": probability.argmax(axis=1), **each}


def language_columns(predictions: Predictions) -> dict[str, np.ndarray]:
    """A text as it is; of a language model the log-probability of each text, its tokens and their perplexity."""
    if predictions.form == FORM:
        return {"prediction": np.array(texts_of(predictions), dtype=object)}
    told = text_log_probabilities(predictions)
    perplexity = np.exp(-told.log_probability / np.maximum(told.tokens, 1))
    return {"log_probability": told.log_probability, "tokens": told.tokens, "perplexity": perplexity}


def conformal_columns(said: np.ndarray, task: Task) -> list[pl.Series]:
    """What a conformal part said, as columns: bool (n, K) as lists of labels and their number, float (n, 2) as low and high."""
    if not task.is_classification:
        finite = np.isfinite(said)
        return [pl.Series(name, said[:, i]).set(pl.Series(~finite[:, i]), None) for i, name in enumerate(("low", "high"))]
    patterns, which = np.unique(said, axis=0, return_inverse=True)  # few, however many rows
    labels = [[name for name, held in zip(task.classes, pattern, strict=True) if held] for pattern in patterns]
    sets = pl.Series("set", labels, dtype=pl.List(pl.String)).gather(which.reshape(-1))
    return [sets, pl.Series("set_size", said.sum(axis=1), dtype=pl.Int64)]


def _check_conformal(conformal: FittedConformal, task: Task) -> None:
    """Raises ConfigError for a conformal part of another task, and for one that needs more than a recipe's predictions."""
    if conformal.score.gives_sets != task.is_classification or conformal.n_classes != len(task.classes):
        raise ConfigError(
            f"a conformal part of {conformal.n_classes} classes ({conformal.score.kind}) does not fit a {task.name} model "
            f"of {len(task.classes)}."
        )
    if conformal.needs is not None:
        raise ConfigError(
            f"a saved model gives one answer to one row, and the conformal score {conformal.score.kind!r} needs "
            f"{conformal.needs}; use lac, aps, raps or absolute, not randomised."
        )


def read_manifest(path: str | Path) -> Manifest:
    """The manifest of a saved model, after every checksum; the model itself is not built. Raises BundleError."""
    return check(files.read(Path(path)), str(path))


def load_model(path: str | Path) -> Model:
    """The model back, with every name, size, checksum and value checked before it is used. Raises BundleError."""
    where = str(path)
    parts = files.read(Path(path))
    return build(check(parts, where), parts, where)


def build(manifest: Manifest, parts: Mapping[str, bytes], where: str) -> Model:
    """The model from files whose checksums hold; raises BundleError for a state that Assay does not write."""
    name = f"{where}: {files.STATE}"
    arrays = weights.unpack(parts[files.WEIGHTS], f"{where}: {files.WEIGHTS}")
    value = parse_canonical(parts[files.STATE], name)
    told = {"recipe": manifest.recipe, "task": manifest.task, "schema": manifest.schema}
    if not isinstance(value, dict) or {key: value.get(key) for key in told} != told:
        raise BundleError(f"{where}: {files.MANIFEST} and {files.STATE} describe different models; save the model again.")
    state = decode(value, arrays, name)
    try:
        conformal = FittedConformal.from_state(state[CONFORMAL]) if CONFORMAL in state else None
        reference = tuple(Spread.from_json(told) for told in state.get(REFERENCE, []))
        return Model(Fitted.from_state(state), manifest.threshold, manifest.card, conformal, reference)
    except MissingExtraError:
        raise
    except AssayError as error:
        raise BundleError(f"{name}: {error}") from error
    except (AttributeError, OverflowError, TypeError, pl.exceptions.PolarsError) as error:  # a value of a type that no fit writes
        raise BundleError(f"{name} does not describe a model that Assay makes ({type(error).__name__}).") from error
