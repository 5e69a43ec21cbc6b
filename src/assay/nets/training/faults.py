"""What went wrong in a step, said so that it can be mended: numbers that are none any more, a batch that is too large."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.settings import TrainSettings
from assay.nets.training.distribute import is_sharded, own_part

HUGE = 1e6
"""Inputs and targets beyond this are worth naming as a cause; standardised columns end at 10."""

TOO_LONG = "was too long, or its batch held values that are not finite"
"""Why weights break: where the loss saturates, an infinite input gives a finite one, with a gradient that is not."""


class DivergedError(ConfigError):
    """A loss, a gradient or a weight is no longer a finite number."""


def why_not_finite(model: nn.Module, batch: Any, forward: Callable[[], Tensor], settings: TrainSettings) -> str:
    """Why a loss is not finite: where the numbers end, looked for in the order in which they flow, and the probable cause.

    forward: the step's loss once more, with the weights as they are (and other dropout).  Of a sharded net only the data
    are looked at: its layers cannot be asked by one process alone.
    """
    if is_sharded(model):
        return _cause(batch, settings)
    broken = _broken(model.named_parameters())
    if broken is not None:
        return f"the weights of layer {broken!r} are no longer finite: the step before {TOO_LONG}. {_cause(batch, settings)}"
    for place, values in enumerate(_inputs(batch)):
        rows = _rows_not_finite(values)
        if rows:
            return f"{rows} of its {len(values)} rows hold inputs that are not finite (input {place}): fill in missing values."
    target = getattr(batch, "target", None)
    if target is not None and target.is_floating_point() and _rows_not_finite(target):
        return f"{_rows_not_finite(target)} of its {len(target)} rows hold targets that are not finite: leave these rows out."
    largest, layer = max((_largest(value.detach()), _layer_of(name)) for name, value in model.named_parameters())
    said = f"{_first_broken(model, forward)}, while the weights of layer {layer!r} reach {largest:.3g}"
    return f"{said}. {_cause(batch, settings)}"


def why_gradient_not_finite(model: nn.Module, parcel: Sequence[Any], settings: TrainSettings) -> str:
    """Why a gradient is not finite although the loss is."""
    layer = _broken((name, parameter.grad) for name, parameter in model.named_parameters() if parameter.grad is not None)
    where = (
        "the gradients are finite, and their length is too large for a number" if layer is None else f"that of layer {layer!r}"
    )
    cause = next((cause for batch in parcel if (cause := _of_data(batch))), None)
    return f"{where}. {cause or _slower(settings)}"


def check_weights(model: nn.Module, settings: TrainSettings, epoch: int) -> None:
    """Raise DivergedError for weights that are not finite, which a loss shows only one step later; one look at all of them."""
    sound = [torch.isfinite(own_part(parameter)).all() for parameter in model.parameters()]
    if not bool(torch.stack(sound).all()):
        raise DivergedError(
            f"the weights of layer {_broken(model.named_parameters())!r} are no longer finite in epoch {epoch + 1}: "
            f"the last step {TOO_LONG}. {_slower(settings)}"
        )


def _broken(values: Iterable[tuple[str, Tensor]]) -> str | None:
    """The layer of the first of (name, tensor) that holds numbers that are not finite, or None."""
    for name, value in values:
        if value.is_floating_point() and not bool(torch.isfinite(own_part(value)).all()):
            return _layer_of(name)
    return None


def _layer_of(name: str) -> str:
    """The layer of a parameter; its own name where the net itself holds it."""
    return name.rpartition(".")[0] or name


def _cause(batch: Any, settings: TrainSettings) -> str:
    return _of_data(batch) or _slower(settings)


def _of_data(batch: Any) -> str | None:
    """What in the batch itself is so large that numbers may end."""
    inputs = max(map(_largest, _inputs(batch)), default=0.0)
    if inputs > HUGE:
        return f"Inputs reach {inputs:.3g}: scale the inputs, or look for mistyped values."
    target = getattr(batch, "target", None)
    if target is not None and _largest(target) > HUGE:
        return f"Targets reach {_largest(target):.3g}: scale them, or look for mistyped values."
    return None


def _slower(settings: TrainSettings) -> str:
    clip = "" if settings.clip_norm is not None else ", or clip_norm=1"
    return f"Training diverged; use a learning_rate below {settings.learning_rate:g}{clip}."


def _inputs(batch: Any) -> list[Tensor]:
    return [values for values in getattr(batch, "inputs", ()) if isinstance(values, Tensor) and values.is_floating_point()]


def _rows_not_finite(values: Tensor) -> int:
    return int((~torch.isfinite(values.reshape(len(values), -1)).all(1)).sum())


def _largest(values: Tensor) -> float:
    return float(values.abs().max()) if values.is_floating_point() and values.numel() else 0.0


def _first_broken(model: nn.Module, forward: Callable[[], Tensor]) -> str:
    """The first layer without children whose output is not finite."""
    broken: list[str] = []

    def look(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def hook(layer: nn.Module, _inputs: Any, output: Any) -> None:
            if isinstance(output, Tensor) and output.is_floating_point() and not bool(torch.isfinite(output).all()):
                broken.append(f"layer {name!r} ({type(layer).__name__}) is the first to give numbers that are not finite")

        return hook

    handles = [layer.register_forward_hook(look(name)) for name, layer in model.named_modules() if not any(layer.children())]
    try:
        with torch.no_grad():
            again = forward()
    finally:
        for handle in handles:
            handle.remove()
    if broken:
        return broken[0]
    if bool(torch.isfinite(again)):
        return "computed again, with other dropout and augmentation, it is finite"
    return "every layer gives finite numbers, the loss does not"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch said that memory was short; the processor's allocator has no exception of its own."""
    said = ("DefaultCPUAllocator", "not enough memory", "out of memory")
    return isinstance(error, torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and any(words in str(error) for words in said)
    )


def fitting_rows(batch: Any, attempt: Callable[[Any], None]) -> int | None:
    """The most rows, by halving, that ``attempt`` gets through; None where the batch cannot be cut or one row is too many.

    Not to be called while the exception is handled: it holds the tensors of the pass that failed.
    """
    if not hasattr(batch, "take"):
        return None
    rows = len(batch) // 2
    while rows and not _goes(batch.take(torch.arange(rows, device=batch.target.device)), attempt):
        rows //= 2
    return rows or None


def _goes(batch: Any, attempt: Callable[[Any], None]) -> bool:
    try:
        attempt(batch)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        return False
    return True


def no_room(rows: int, fits: int | None, settings: TrainSettings, device: torch.device) -> ConfigError:
    """The error for a batch of ``rows`` that was too many, ``fits`` of which were not."""
    said = f"a batch of {rows} rows does not fit into the memory of {str(device)!r}"
    if fits is None:
        return ConfigError(f"{said}, and no smaller one was found that does: use a smaller batch_size, or a smaller net.")
    pieces = -(-rows // fits) * settings.accumulate
    return ConfigError(f"{said}; {fits} rows do. Use batch_size={fits}, with accumulate={pieces} for steps of the same size.")
