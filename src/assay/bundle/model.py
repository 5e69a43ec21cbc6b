"""The model that a study hands over: it predicts, says what it rests on, and saves itself without pickle."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

import assay
from assay.bundle import files, weights
from assay.bundle.manifest import Manifest, check, listing, versions_here
from assay.bundle.state import decode, encode
from assay.bundle.strict import parse_canonical
from assay.core.errors import AssayError, BundleError, ConfigError, MissingExtraError
from assay.core.files import canonical_json
from assay.data.conforming import conform, read_features
from assay.data.dataset import Dataset
from assay.measure.payload import Predictions
from assay.recipes.fitted import Fitted

DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True)
class Model:
    """threshold: the probability from which on a binary model says the positive class; None means 0.5.

    card: JSON values without NaN, as the study states them: name, created, prior, metrics (name -> interval), verdicts,
    versions, fingerprints.
    """

    fitted: Fitted
    threshold: float | None = None
    card: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
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

    def predict(self, rows: object) -> pl.DataFrame:
        """One line of answers a row, in the order of the rows.

        rows: a path (any format that ``assay.read`` takes), a polars or pandas frame, a list of dicts, or a Dataset;
        it has the feature columns by name, and more columns are ignored.
        Returns, for binary, "prediction" (a label), "probability" (of the positive class) and "score"; for multiclass
        "prediction" and a "probability_<class>" each; for regression "prediction" (a number).
        Raises DataError for a missing column and for a cell that cannot be read as its kind, with column and row.
        """
        return self.predict_features(self._features(rows))

    def predict_features(self, features: pl.DataFrame) -> pl.DataFrame:
        """As ``predict``, for a frame that ``conform`` has already brought into the shape of the schema."""
        return answers(self.fitted, self.fitted.predict(features), self.threshold)

    def _features(self, rows: object) -> pl.DataFrame:
        if isinstance(rows, Dataset):
            rows = rows.frame
        if isinstance(rows, list | tuple | pl.DataFrame):
            return conform(rows, self.fitted.schema)
        return read_features(rows, self.fitted.schema)

    def save(self, path: str | Path) -> None:
        """Write a folder, or one file when the name ends in .assay; equal models give equal bytes.

        The old file is whole until the new one is. Raises BundleError when ``path`` holds something that is not a saved
        model, and when the disk refuses.
        """
        value, arrays = encode(self.fitted.state())
        parts = {files.STATE: canonical_json(value).encode(), files.WEIGHTS: weights.pack(arrays)}
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
    task = fitted.task
    if not task.is_classification:
        return pl.DataFrame({"prediction": predictions["value"]})
    probability = predictions["probability"]
    classes = pl.Series(task.classes, dtype=pl.String)
    if task.name == "binary":
        cut = DEFAULT_THRESHOLD if threshold is None else threshold
        label = classes.gather((probability >= cut).astype("int64"))
        return pl.DataFrame({"prediction": label, "probability": probability, "score": predictions["score"]})
    columns: dict[str, Any] = {"prediction": classes.gather(probability.argmax(axis=1))}
    columns |= {f"probability_{name}": probability[:, code] for code, name in enumerate(task.classes)}
    return pl.DataFrame(columns)


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
        fitted = Fitted.from_state(state)
        return Model(fitted, manifest.threshold, manifest.card)
    except MissingExtraError:
        raise
    except AssayError as error:
        raise BundleError(f"{name}: {error}") from error
    except (AttributeError, OverflowError, pl.exceptions.PolarsError) as error:  # a value of a type that no fit writes
        raise BundleError(f"{name} does not describe a model that Assay makes ({type(error).__name__}).") from error
