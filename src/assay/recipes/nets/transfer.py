"""Recipes that begin from weights learnt elsewhere: "transfer:cars.assay", "linear-probe:resnet18=resnet18-f37072fd.pth".

Both are compared with training from first weights under the same folds when "network:NAME@SIZE" stands beside them.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from assay.data.rows import Rows
from assay.data.task import Task
from assay.nets.settings import TrainSettings
from assay.prepare.pixels import PixelsStep
from assay.recipes.learner import Budget, Context
from assay.recipes.linear import Logistic
from assay.recipes.nets.bases import Base, base_named, take_over_base
from assay.recipes.nets.embedding import EmbeddingStep
from assay.recipes.nets.learner import NetLearner
from assay.recipes.nets.shapes import PictureShape
from assay.recipes.recipe import Recipe

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class TransferShape(PictureShape):
    """The network of a base, which begins with the base's weights and its idea of how pixels are spread.

    The layer of its classes begins as logistic regression on what the base sees: a drawn one would send noise through the base
    before it has learnt anything.  Source: Kumar, Raghunathan, Jones, Ma & Liang (2022), linear probing, then fine-tuning.
    """

    base: Base

    def learn_constants(self, model: "nn.Module", features: np.ndarray, target: np.ndarray) -> None:
        take_over_base(self.base, model, features.shape[1])
        begin_head(model, features, target)


def begin_head(model: "nn.Module", pictures: np.ndarray, target: np.ndarray) -> None:
    """Logistic regression on what the last layer reads, put into that layer; a last layer of another form is left as it is."""
    import torch

    from assay.nets.image.last_layer import last_layer
    from assay.nets.seeing.features import features_of

    layer = last_layer(model, pictures.shape[1], pictures.shape[2])
    seen = features_of(model.eval(), pictures)
    outputs, width = layer.weight.shape[0], layer.weight[0].numel()
    n_classes = max(outputs, 2)
    if width != seen.shape[1] or layer.bias is None or target.max(initial=0) >= n_classes:
        return
    mean, scale = seen.mean(axis=0), seen.std(axis=0)
    scale[scale == 0] = 1.0
    task = Task("binary" if outputs == 1 else "multiclass", "", tuple(map(str, range(n_classes))))
    rows = Rows((seen - mean) / scale, target, n_classes)
    found = Logistic().fit(rows, task, validation=None, seed=0, budget=Budget(), context=Context())
    weights = found.coefficients / scale
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weights).reshape(layer.weight.shape))
        layer.bias.copy_(torch.from_numpy(found.intercepts - weights @ mean))


def transfer(text: str) -> Recipe:
    """The head first, then the base from the head down with falling rates, its batch norm frozen."""
    from assay.nets.thawing import Thawing

    base = base_named(text)
    training = TrainSettings(learning_rate=1e-3, weight_decay=0.02, schedule="one-cycle", batch_size=32, epochs=12, patience=None)
    shape = TransferShape(base.network, augmentation="shift", base=base)
    return _recipe(
        Recipe(
            name=f"transfer:{base.text}",
            title=f"{base.network} that goes on from other weights, thawed from its head down",
            tasks=frozenset({"binary", "multiclass"}),
            step=PixelsStep(size=base.size),
            learner=NetLearner(shape=shape, training=training, epochs_alone=12, steps=10, thawing=Thawing()),
            simplicity=72,
        )
    )


def linear_probe(text: str) -> Recipe:
    """Logistic regression on what the frozen base sees."""
    base = base_named(text)
    return _recipe(
        Recipe(
            name=f"linear-probe:{base.text}",
            title=f"logistic regression on what a frozen {base.network} sees",
            tasks=frozenset({"binary", "multiclass"}),
            step=EmbeddingStep(base),
            learner=Logistic(),
            simplicity=45,
        )
    )


def _recipe(recipe: Recipe) -> Recipe:
    pictures = frozenset({"image"})
    return replace(recipe, reads=pictures, needs=pictures, extra="nets", encoded_treatments=False)
