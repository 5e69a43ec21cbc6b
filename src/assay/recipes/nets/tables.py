"""Nets for tables: from one neuron to a transformer over columns, none of which needs tuning to be worth trying.

All settings were chosen once, on one random split of each of the benchmark's tables (another than its folds), and hold for
every table; what differs from the papers' own is said beside each.
"""

from dataclasses import replace
from types import MappingProxyType

from assay.nets.settings import TrainSettings
from assay.prepare.columns import ColumnsStep
from assay.prepare.net_columns import NetColumnsStep
from assay.recipes.nets.heads import OrdinalHead, QuantileHead
from assay.recipes.nets.learner import NetLearner
from assay.recipes.nets.shapes import DenseShape, TableShape
from assay.recipes.recipe import Recipe

ANY_TASK = frozenset({"binary", "multiclass", "regression"})
DENSE_TRAINING = TrainSettings(learning_rate=2e-3, weight_decay=0.05, batch_size=128, epochs=40, patience=8)

USUAL_MLP = NetLearner(shape=DenseShape(), training=DENSE_TRAINING)

EMBEDDED_TRAINING = TrainSettings(
    learning_rate=2e-3, weight_decay=0.02, schedule="one-cycle", batch_size=256, epochs=16, patience=16, ema=0.99
)
"""One cycle of the rate to its end, weights averaged; the best epoch is kept.  Stopping early under a high rate is chance."""

PERCEPTRON = Recipe(
    name="perceptron",
    title="one neuron a class, trained by gradient descent",
    tasks=ANY_TASK,
    step=ColumnsStep(mode="dense"),
    learner=NetLearner(
        shape=DenseShape(hidden=(), dropout=0.0),
        training=TrainSettings(learning_rate=1e-2, weight_decay=0.0, batch_size=128, epochs=40, patience=8),
    ),
    simplicity=15,
    extra="nets",
)

MLP = Recipe(
    name="mlp",
    title="neural network (two hidden layers) on encoded columns",
    tasks=ANY_TASK,
    step=ColumnsStep(mode="dense"),
    learner=USUAL_MLP,
    simplicity=60,
    extra="nets",
)

ORDINAL_MLP = Recipe(
    name="mlp-ordinal",
    title="neural network for classes in the order in which they are listed",
    tasks=frozenset({"multiclass"}),
    step=ColumnsStep(mode="dense"),
    learner=NetLearner(shape=DenseShape(), training=DENSE_TRAINING, head=OrdinalHead()),
    simplicity=61,
    extra="nets",
)

QUANTILE_MLP = Recipe(
    name="mlp-quantile",
    title="neural network of quantiles: the median, and how far around it",
    tasks=frozenset({"regression"}),
    step=ColumnsStep(mode="dense"),
    learner=NetLearner(shape=DenseShape(), training=DENSE_TRAINING, head=QuantileHead()),
    simplicity=62,
    extra="nets",
)


def _table_net(name: str, title: str, *, simplicity: int, learner: NetLearner) -> Recipe:
    return Recipe(
        name=name,
        title=title,
        tasks=ANY_TASK,
        step=NetColumnsStep(),
        learner=learner,
        simplicity=simplicity,
        extra="nets",
    )


ENTITY_MLP = _table_net(
    "entity-mlp",
    "neural network with learned vectors of the categories",
    simplicity=63,
    learner=NetLearner(shape=TableShape("entity-mlp"), training=DENSE_TRAINING),
)

MLP_PLR = _table_net(
    "mlp-plr",
    "neural network with periodic embeddings of the numbers",
    simplicity=64,
    learner=NetLearner(
        shape=TableShape("mlp-plr"),
        training=EMBEDDED_TRAINING,
        steps=20,
    ),
)

MLP_PLE = _table_net(
    "mlp-ple",
    "neural network with piecewise-linear embeddings of the numbers",
    simplicity=65,
    learner=NetLearner(
        shape=TableShape("mlp-ple"),
        training=EMBEDDED_TRAINING,
        steps=20,
    ),
)

RESNET_MLP = _table_net(
    "resnet-mlp",
    "residual neural network",
    simplicity=66,
    learner=NetLearner(
        shape=TableShape("resnet-mlp"),
        training=replace(EMBEDDED_TRAINING, learning_rate=1e-3),
        steps=20,
    ),
)

TABM = _table_net(
    "tabm",
    "ensemble of neural networks that share their weights (TabM)",
    simplicity=68,
    learner=NetLearner(
        shape=TableShape("tabm", MappingProxyType({"members": 8})),
        # No rows set apart: its members over-fit in different ways, and on small tables 15 % of the rows are worth more.
        training=replace(EMBEDDED_TRAINING, learning_rate=4e-3, weight_decay=0.01, patience=None),
        steps=20,
    ),
)

FT_TRANSFORMER = _table_net(
    "ft-transformer",
    "transformer over the columns",
    simplicity=69,
    learner=NetLearner(
        shape=TableShape("ft-transformer"),
        training=replace(EMBEDDED_TRAINING, learning_rate=1e-3, weight_decay=1e-4),
        steps=20,
    ),
)
