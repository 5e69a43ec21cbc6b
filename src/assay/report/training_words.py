"""What the page of a training says in words and in its table of layers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.nets.inside.record import Inside
from assay.nets.inside.sign import Sign
from assay.report.numbers import MISSING, count, decimals_for, number, share
from assay.report.pictures.training import power

GLOSSARY = (
    ("Epoch", "One pass over the training rows. The steps in it are the batches by which the weights are moved."),
    (
        "Training loss",
        "The mean over an epoch, measured while the weights moved and with dropout on: it may lie above the validation loss.",
    ),
    (
        "Validation loss",
        "Of rows set apart for choosing the epoch. It was looked at often, so it flatters the net a little; assay run measures.",
    ),
    ("Chance", "The lowest loss that one constant answer for every row has. A net above it has learnt nothing."),
    (
        "Gradient",
        "How the loss would change with the weights. Where it is a thousandth of another layer’s, that layer hardly learns.",
    ),
    ("Norm", "The length of a layer’s numbers taken as one vector: the root of the sum of their squares."),
    ("Step size", "How far one step moves the weights of a layer, as a share of their norm. About 0.001 is usual."),
    ("Dead unit", "A ReLU that gives 0 for every row: no gradient passes it, so it stays as it is. A few are no harm."),
    (
        "Saturated",
        "A sigmoid or tanh in the outer 3 % of its range, where it is flat. At the end of a training many are no harm.",
    ),
    ("Loss landscape", "A cut through the space of weights. Wide and round is easy ground; other directions may look different."),
)


@dataclass(frozen=True, slots=True)
class TrainingAnswer:
    """The first screen. what, value, words: of the number on it, or "" where there is none."""

    headline: str
    sentences: tuple[str, ...]
    what: str = ""
    value: str = ""
    words: str = ""


def answer(inside: Inside, signs: Sequence[Sign], failure: str) -> TrainingAnswer:
    """Whether the training went well."""
    if failure:
        return TrainingAnswer(
            "The training failed.", (failure[:1].upper() + failure[1:], _length(inside), "What was seen until then stands below.")
        )
    found = len(signs)
    headline = (
        "Nothing in this training looks wrong."
        if not found
        else f"{count(found)} {'thing looks' if found == 1 else 'things look'} wrong."
    )
    best = inside.best_epoch
    if best is None:
        return TrainingAnswer(headline, (_length(inside),))
    held = inside.has_validation
    kept = (
        f"Kept are the weights of epoch {best + 1}, where the validation loss was lowest."
        if held
        else "Kept are the last weights: no rows were set apart to choose an epoch by."
    )
    value = float((inside.validation_loss if held else inside.train_loss)[best])
    words = [] if inside.chance is None else [f"One constant answer for every row has {number(inside.chance)}."]
    words.append(
        "This number chose the epoch, so it is no measure of the net; assay run measures."
        if held
        else "Of the rows it was trained on, so no measure of the net; assay run measures."
    )
    what = f"{'Validation' if held else 'Training'} loss of epoch {best + 1} (lower is better)"
    return TrainingAnswer(headline, (_length(inside), kept), what, number(value), " ".join(words))


def _length(inside: Inside) -> str:
    epochs = len(inside.train_loss)
    steps = int(inside.epoch_steps[-1]) if epochs else 0
    if not epochs:
        return "It ended before its first epoch was done."
    return f"Trained for {count(epochs)} {'epoch' if epochs == 1 else 'epochs'}, {count(steps)} steps."


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One line of the table of layers, all as text; "—" where a layer has no such number.

    weights: first and last norm.  gradient, step: medians over the recorded steps.  output, share: at the last one.
    """

    name: str
    kind: str
    parameters: str
    weights: str
    gradient: str
    step: str
    output: str
    share: str


def layer_table(inside: Inside) -> list[LayerRow]:
    """Every layer in the order of the forward pass."""
    found = []
    for row, layer in enumerate(inside.layers):
        weights = _known(inside.weights[row])
        dead, saturated = _known(inside.dead[row]), _known(inside.saturated[row])
        idle = f"{share(dead[-1])} dead" if len(dead) else f"{share(saturated[-1])} saturated" if len(saturated) else MISSING
        found.append(
            LayerRow(
                name=layer.name or "the net",
                kind=layer.kind,
                parameters=count(layer.parameters) if layer.parameters else MISSING,
                weights=f"{_text(weights[0])} → {_text(weights[-1])}" if len(weights) else MISSING,
                gradient=_median(inside.gradients[row]),
                step=_median(inside.updates[row]),
                output=_text(_known(inside.activations[row])[-1]) if len(_known(inside.activations[row])) else MISSING,
                share=idle,
            )
        )
    return found


def _known(line: np.ndarray) -> np.ndarray:
    return np.asarray(line[~np.isnan(line)])


def _median(line: np.ndarray) -> str:
    known = _known(line)
    return _text(float(np.median(known))) if len(known) else MISSING


def _text(value: float) -> str:
    """Three digits; a power of ten where zeros would have to be counted."""
    if value == 0 or not np.isfinite(value) or 1e-3 <= abs(value) < 1e5:
        return number(value, min(3, decimals_for([value])) if np.isfinite(value) else None)
    return power(value)
