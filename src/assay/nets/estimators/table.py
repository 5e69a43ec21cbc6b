"""From what a user calls X to the matrix that a net reads: which columns are numbers, which are categories, and by what names.

An array is numbers, but for the columns that ``categorical_features`` names; when it names some, an array of objects is read
like a frame, so that texts may stand in it.  In a frame of pandas or polars texts,
categoricals and enums are categories, too; a column of objects is what its values are (all numbers: a number).  A missing
value is NaN in an array, and NaN, None or NA in a frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import polars as pl
from sklearn.utils.validation import validate_data

from assay.core.names import did_you_mean
from assay.data.sources.arrays import from_memory
from assay.data.values import number_text, to_numbers
from assay.nets.estimators.errors import InputError, SettingError
from assay.prepare.categories import OneHot
from assay.prepare.codes import EmbeddingCode
from assay.prepare.columns import FittedColumns
from assay.prepare.encoder import Encoder
from assay.prepare.net_columns import SCALERS, Layout, layout
from assay.prepare.numbers import LARGEST, PlainNumber

RARE_BELOW = 5
MOST_ONE_HOT, MOST_CODES = 100, 1000
"""As the recipes prepare a table: levels seen less often share one column or code, and so do all beyond the most frequent."""


def read(estimator: Any, X: Any, *, reset: bool) -> pl.DataFrame:
    """X as a frame of Float64, where categories may be String; checked for its form and the names of its columns.

    Raises ValueError in scikit-learn's words for another number of columns or other names than in ``fit``.
    """
    objects = isinstance(X, np.ndarray) and X.dtype == object and estimator.categorical_features is not None
    if is_frame(X) or objects:
        if objects:
            validate_data(estimator, X=X, reset=reset, dtype=None, ensure_all_finite=False)
        else:
            _check_twins(X)
            validate_data(estimator, X=X, reset=reset, skip_check_array=True)
        frame = from_memory(X).frame
        if not frame.height or not frame.width:
            raise InputError(f"X has {frame.height} sample(s) and {frame.width} feature(s); at least one of each is needed.")
        return frame.select(_plain(frame[name], forced=_is_categorical(X, place)) for place, name in enumerate(frame.columns))
    finite: Any = True if estimator.scaling is None else "allow-nan"
    values = validate_data(estimator, X=X, reset=reset, dtype=np.float64, ensure_all_finite=finite)
    by_column = np.asfortranarray(values)  # one copy, instead of a slow one for each column
    return pl.DataFrame([pl.Series(f"x{place}", by_column[:, place]) for place in range(values.shape[1])])


def is_frame(X: Any) -> bool:
    return isinstance(X, pl.DataFrame) or (type(X).__module__.partition(".")[0] == "pandas" and getattr(X, "ndim", 0) == 2)


def _check_twins(X: Any) -> None:
    """Here, because scikit-learn's check of the names ends in an error of another library's."""
    names = [str(name) for name in X.columns]
    if twins := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"X has several columns named {twins[0]!r}; rename them.")


def _is_categorical(X: Any, place: int) -> bool:
    """Whether the frame itself says that a column is a category, whatever its values are."""
    if isinstance(X, np.ndarray):
        return False
    if isinstance(X, pl.DataFrame):
        return X.dtypes[place] in (pl.Categorical, pl.Enum)
    return str(X.dtypes.iloc[place]) == "category"


def _plain(series: pl.Series, *, forced: bool) -> pl.Series:
    """A column as String (a category) or Float64 (a number), missing as null."""
    if series.dtype in (pl.String, pl.Categorical, pl.Enum):
        return series.cast(pl.String)
    if not (series.dtype.is_numeric() or series.dtype in (pl.Boolean, pl.Null)):
        raise InputError(f"column {series.name!r} holds {series.dtype} values; turn it into numbers or texts, or leave it out.")
    numbers = to_numbers(series)
    infinite = int(numbers.is_infinite().sum())
    if infinite:
        raise InputError(f"column {series.name!r} of X holds infinity in {infinite} rows; mend these values, or leave them NaN.")
    return number_text(numbers) if forced else numbers


@dataclass(frozen=True)
class Table:
    """names: of the columns of X in their order.  columns: the fitted encoders.  layout: of the matrix, see its class."""

    names: tuple[str, ...]
    categories: frozenset[str]
    columns: FittedColumns
    layout: Layout

    @classmethod
    def fit(cls, frame: pl.DataFrame, categories: frozenset[str], scaling: str | None, *, codes: bool) -> Self:
        """frame: the training rows.  codes: give categories as codes, for a net with embeddings, else one-hot.

        Raises SettingError for a scaling that does not exist, and where a gap would reach the net.
        """
        if scaling is not None and scaling not in SCALERS:
            raise SettingError(f"no scaling {scaling!r}{did_you_mean(scaling, SCALERS)}")
        ordered = sorted(frame.columns, key=lambda name: name in categories)
        encoders = [_encoder(frame[name], name in categories, scaling, codes=codes) for name in ordered]
        columns = FittedColumns(tuple(ordered), tuple(encoders))
        form = layout(columns.blocks) if codes else Layout(columns.width, ())
        return cls(tuple(frame.columns), categories, columns, form)

    def matrix(self, frame: pl.DataFrame) -> np.ndarray:
        """float64 (n, numbers + categories): the rows of a frame whose columns stand in the order of ``names``."""
        known = frame.rename(dict(zip(frame.columns, self.names, strict=True)))
        for name, dtype in known.schema.items():
            if dtype == pl.String and name not in self.categories:
                raise InputError(f"column {name!r} holds texts, and was a number in training; give numbers.")
        matrix: np.ndarray
        if all(isinstance(encoder, PlainNumber) for encoder in self.columns.encoders):
            matrix = np.clip(known.to_numpy(), -LARGEST, LARGEST)  # as they would, but all columns at once
        else:
            matrix = self.columns.transform(as_categories(known, self.categories))  # type: ignore[assignment]
        if np.isnan(matrix).any():
            raise InputError("X holds missing values (NaN), and scaling=None passes them on; take a scaling, or fill them in.")
        return matrix


def _encoder(series: pl.Series, is_category: bool, scaling: str | None, *, codes: bool) -> Encoder:
    if not is_category:
        return PlainNumber() if scaling is None else SCALERS[scaling].fit(series)
    if codes:
        return EmbeddingCode.fit(series, rare_below=RARE_BELOW, max_levels=MOST_CODES)
    return OneHot.fit(series, rare_below=RARE_BELOW, max_levels=MOST_ONE_HOT, sparse_above=MOST_ONE_HOT + 2)


def as_categories(frame: pl.DataFrame, categories: frozenset[str]) -> pl.DataFrame:
    """The frame with these columns as String; a whole number becomes the same text from every type."""
    found = [name for name in frame.columns if name in categories and frame[name].dtype != pl.String]
    return frame.with_columns(number_text(to_numbers(frame[name])) for name in found)


def categories_of(frame: pl.DataFrame, named: Sequence[int | str] | None) -> frozenset[str]:
    """The columns that are categories: texts, and those that ``categorical_features`` names by position or name.

    Raises SettingError for a column that is not there.
    """
    found = {name for name in frame.columns if frame[name].dtype == pl.String}
    if isinstance(named, str):
        raise SettingError(f"categorical_features={named!r} must be a list of columns, such as [{named!r}].")
    for column in () if named is None else named:
        if isinstance(column, str):
            if column not in frame.columns:
                raise SettingError(f"categorical_features: no column {column!r}{did_you_mean(column, frame.columns)}")
            found.add(column)
        elif isinstance(column, bool | np.bool_) or not isinstance(column, int | np.integer) or not 0 <= column < frame.width:
            raise SettingError(f"categorical_features: no column {column!r}; X has the columns 0 to {frame.width - 1}.")
        else:
            found.add(frame.columns[int(column)])
    return frozenset(found)
