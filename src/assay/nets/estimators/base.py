"""What all nets for tables share as estimators: their parameters, and the way from X to outputs.

Conventions are scikit-learn's: constructors only store, ``fit`` sets names that end in ``_``, errors are ValueErrors.
Training computes in float32; predictions in float64, on one thread and on the processor, so that they depend neither on
the other rows nor on the number of cores.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from torch import nn

from assay.core.seeds import derive
from assay.nets.architectures import Spec, assemble, outputs, weights_of
from assay.nets.devices import check_device
from assay.nets.estimators.errors import SettingError, as_value_errors
from assay.nets.estimators.rows import Rows, parted
from assay.nets.estimators.table import Table, as_categories, categories_of, read
from assay.nets.estimators.training import Goal, check_kinds, fitted, settings_of
from assay.nets.initialise import check_scheme, initialise
from assay.nets.losses.members import PerMember
from assay.nets.losses.row import RowLoss, at_epoch
from assay.nets.seeding import isolated, threads
from assay.prepare.net_columns import Layout

RandomState = int | np.random.RandomState | None


@dataclass(kw_only=True, eq=False, repr=False)
class NetEstimator(BaseEstimator):  # type: ignore[misc]
    """Parameters of every net.

    optimizer: "adamw", "adam", "sgd" or "rmsprop", with ``learning_rate``, ``weight_decay`` (decoupled in adamw, L2 in the
        others) and ``momentum`` (of the last two).
    schedule: of the learning rate: "constant", "step", "cosine", "one-cycle" or "plateau"; warm_up: the share of all steps
        over which it first rises.
    clip_norm: the gradient is shortened to this length, or None.
    batch_size: rows in a batch, or "auto": what suits the net, and less for a small table.
    epochs: the most.  validation_fraction: the share of the rows that is held out (of classes in proportion) to keep the
        best epoch and to stop after ``patience`` epochs without a better one (None: never); 0 trains all epochs on all rows.
    mixup: alpha of the Beta distribution by which rows are blended; 0 for none.
    ema: decay of a moving average of the weights that is kept in their place; None for none.
    scaling: of the numbers: "standard" (mean and standard deviation, clipped at 10), "robust" (quartiles, smoothly clipped
        at 3), "quantile" (normal scores of ranks), or None: as they are, and then none may be missing.  Else a missing
        number becomes the training median, beside a flag.
    categorical_features: columns, by position or name, that are categories though they look like numbers.
    random_state: an int gives the same net every time (on one machine, with the same number of threads).
    device: "cpu", "cuda" (or "cuda:1"), "mps", of the training.  threads: of the processor's kernels; None for as many as
        torch has.
    verbose: whether to print a line an epoch.

    ``fit`` sets n_features_in_, feature_names_in_ (if X has names), history_ (one Epoch each: train_loss, validation_loss,
    rate, seconds), best_epoch_ (from 0), n_iter_ (epochs trained), module_ (the net, float64, in evaluation mode), spec_ (its
    settings), table_ (the preparation of X) and goal_ (what was minimised).
    """

    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    batch_size: int | Literal["auto"] = "auto"
    epochs: int = 40
    patience: int | None = 8
    validation_fraction: float = 0.15
    optimizer: str = "adamw"
    momentum: float = 0.9
    schedule: str = "cosine"
    warm_up: float = 0.0
    clip_norm: float | None = 1.0
    mixup: float = 0.0
    ema: float | None = None
    scaling: Literal["quantile", "robust", "standard"] | None = "standard"
    categorical_features: Sequence[int | str] | None = None
    random_state: RandomState = None
    device: str = "cpu"
    threads: int | None = None
    verbose: bool = False

    _reads_codes: ClassVar[bool] = False
    _has_members: ClassVar[bool] = False
    _most_rows: ClassVar[int] = 128
    _fewest_steps: ClassVar[int] = 20

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.scaling is not None
        tags.target_tags.required = True
        return tags

    def _spec(self, columns: Layout, outputs: int) -> Spec:
        """The settings of the net for a matrix of this form; a class of nets says which."""
        raise NotImplementedError

    def _goal(self, target: np.ndarray, weights: np.ndarray | None) -> Goal:
        """What is minimised, given the rows that are trained on; a class of answers says what."""
        raise NotImplementedError

    def _train(self, rows: Rows, *, classification: bool, seed: int) -> None:
        """Prepare, build and train; set what is fitted. rows.target: int64 class codes, or float64 values."""
        check_kinds(self)
        check_device(self.device)
        kept, held = parted(rows, self.validation_fraction, classification=classification, seed=seed)
        settings = settings_of(self, len(kept.target))
        categories = categories_of(rows.frame, self.categorical_features)
        frame = as_categories(kept.frame, categories)
        self.table_ = Table.fit(frame, categories, self.scaling, codes=self._reads_codes)
        if self.mixup and self.table_.layout.levels:
            raise SettingError(
                f"mixup={self.mixup} blends rows, and {len(self.table_.layout.levels)} columns are codes of categories here; "
                "set it to 0, or take MLPClassifier or MLPRegressor, whose categories are one-hot."
            )
        matrix = self.table_.matrix(frame)
        goal = self._goal(kept.target, kept.weights)
        self.spec_ = self._spec(self.table_.layout, goal.outputs)
        model = self._first(matrix, seed)
        examples = goal.examples(self.spec_, matrix, kept.target, kept.weights)
        stop = None
        if held is not None:
            stop = goal.examples(self.spec_, self.table_.matrix(held.frame), held.target, held.weights)
        trained = fitted(self, model, goal, (examples, stop), settings, seed=seed)
        self.history_, self.best_epoch_, self.n_iter_ = trained.history, trained.best_epoch, len(trained.history)
        self.goal_ = Goal(goal.outputs, self._loss_kept(goal.loss, settings.epochs), goal.judge, goal.center, goal.scale)
        self.module_ = assemble(self.spec_, weights_of(trained.model))

    def _first(self, matrix: np.ndarray, seed: int) -> nn.Module:
        """The net before training: its first weights, and what it takes from the training rows without gradients."""
        scheme: Any = getattr(self, "init", "auto")
        check_scheme(scheme)
        with isolated(derive(seed, "first weights")):
            model = self.spec_.build()
            if scheme != "auto":
                initialise(model, getattr(self, "activation", "relu"), scheme)
        learn: Any = getattr(model, "learn", None)
        if learn is not None:
            learn(matrix)
        return model

    def _loss_kept(self, loss: RowLoss, epochs: int) -> RowLoss:
        """The loss as it was in the epoch whose weights are kept."""
        return at_epoch(loss, self.best_epoch_, epochs)

    def _per_member(self, loss: RowLoss) -> RowLoss:
        """The loss of every member, for a net that is an ensemble inside."""
        return PerMember(loss) if self._has_members else loss

    def _outputs(self, X: Any) -> np.ndarray:
        """float64 (n, members, outputs), one member for a net that has none."""
        check_is_fitted(self)
        with as_value_errors(), threads(1):
            given = outputs(self.spec_, self.module_, self.table_.matrix(read(self, X, reset=False)))
        return given if given.ndim == 3 else given[:, None]
