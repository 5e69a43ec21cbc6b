"""Outliers as rows that an autoencoder cannot give back; an outlier detector by scikit-learn's conventions.

Source: Hawkins, He, Williams & Baxter (2002); scores and threshold as in scikit-learn's IsolationForest.
"""

from dataclasses import replace
from typing import Any, Self

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from assay.nets.architectures import weights_of
from assay.nets.generate.autoencoder import AutoencoderSettings, assembled, errors, fit_autoencoder
from assay.nets.generate.space import schema_of
from assay.nets.settings import Run
from assay.prepare.net_columns import NetColumnsStep, layout

SETTINGS = AutoencoderSettings(width=4, hidden=(32,), swap=0.0, noise=0.1, steps=1000)


class AutoencoderDetector(OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """Rows are scored by how badly a denoising autoencoder, narrow in the middle, gives them back.

    width: numbers of its narrow layer; fewer than the columns have, or every row comes back.  hidden: of the encoder.
    noise: added to the standardised numbers in training.  steps: of training.
    contamination: the share of training rows to call outliers, in (0, 0.5].
    Takes a matrix of numbers (NaN is missing) or a polars frame of numbers, categories and dates.
    """

    def __init__(
        self,
        *,
        width: int = 4,
        hidden: tuple[int, ...] = (32,),
        noise: float = 0.1,
        steps: int = 1000,
        contamination: float = 0.1,
        random_state: Any = None,
    ) -> None:
        self.width = width
        self.hidden = hidden
        self.noise = noise
        self.steps = steps
        self.contamination = contamination
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002  the field's signature
        frame = self._frame(X, reset=True)
        if not 0 < self.contamination <= 0.5:
            raise ValueError(f"contamination={self.contamination} must lie in (0, 0.5].")
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        step = NetColumnsStep(numbers="standard")
        self.columns_ = step.fit(frame, schema_of(frame), np.zeros(0), seed)
        matrix = np.asarray(self.columns_.transform(frame))
        numbers, levels = layout(self.columns_.blocks)
        settings = replace(SETTINGS, width=self.width, hidden=tuple(self.hidden), noise=self.noise, steps=self.steps)
        self.spec_, model = fit_autoencoder(matrix, numbers, levels, settings, seed=seed, run=Run())
        self.net_ = assembled(self.spec_, weights_of(model))
        self.offset_ = float(np.quantile(-errors(self.spec_, self.net_, matrix), self.contamination))
        return self

    def score_samples(self, X: Any) -> np.ndarray:
        """float64 (n,): minus the reconstruction error, mean over the columns; the lower, the odder."""
        check_is_fitted(self)
        return -errors(self.spec_, self.net_, np.asarray(self.columns_.transform(self._frame(X, reset=False))))

    def decision_function(self, X: Any) -> np.ndarray:
        """float64 (n,): below 0 for outliers."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> np.ndarray:
        """int64 (n,): -1 for outliers, 1 for the others."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def _frame(self, X: Any, *, reset: bool) -> pl.DataFrame:
        if isinstance(X, pl.DataFrame):
            if reset:
                self.n_features_in_ = X.width
            return X
        values = validate_data(
            self, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan", ensure_min_samples=2 if reset else 1
        )
        return pl.DataFrame({f"x{place}": pl.Series(column).fill_nan(None) for place, column in enumerate(values.T)})

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
