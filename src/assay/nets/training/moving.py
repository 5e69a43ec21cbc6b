"""What moves the weights: parameters in groups, an optimizer over them, and one step along a gradient."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from typing import Any

import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.settings import LayerGroup, TrainSettings
from assay.nets.training.distribute import is_sharded, own_part, whole

NORMS = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
BETAS = (0.9, 0.999)


class Mover:
    """One optimizer over the parameters that an objective moves.

    Each parameter group carries its ``factor`` of the learning rate and whether it ``decays``.
    """

    def __init__(self, model: nn.Module, settings: TrainSettings, *, moves: str, device: str) -> None:
        self.settings = settings
        self.moves = moves
        groups = parameter_groups(model, settings, moves)
        self.parameters: list[Tensor] = [parameter for group in groups for parameter in group["params"]]
        self.optimizer = _optimizer(groups, settings, is_sharded(model))
        half = sixteen_bits(device) if is_mixed(settings, device) else None
        self.scaler = torch.amp.GradScaler(device) if half is torch.float16 else None

    def clear(self) -> None:
        for parameter in self.parameters:
            parameter.grad = None

    def backward(self, loss: Tensor) -> None:
        scaled = loss if self.scaler is None else self.scaler.scale(loss)
        if not self.moves:
            torch.autograd.backward(scaled)
        else:  # an adversary's gradients would be wasted, and would lie in the way of its own
            torch.autograd.backward(scaled, inputs=[parameter for parameter in self.parameters if parameter.requires_grad])

    def shape_gradients(self, *, look: bool) -> bool:
        """The gradient of the loss becomes the one to step along: true scale, L1, at most ``clip_norm`` long.

        look: whether to see if a gradient that is clipped is finite, which waits for it; False where it is not.
        """
        if self.scaler is not None:
            self.scaler.unscale_(self.optimizer)
        if self.settings.l1:
            for group in self.optimizer.param_groups:
                for parameter in group["params"] if group["decays"] else ():
                    if parameter.grad is not None:
                        parameter.grad.add_(parameter.detach().sign(), alpha=self.settings.l1)
        longest = self.settings.clip_norm
        if longest is None:
            return True
        length = whole(nn.utils.get_total_norm([p.grad for p in self.parameters if p.grad is not None]))
        if look:
            known = length.item()
            if known <= longest or not isfinite(known):
                return isfinite(known)
        nn.utils.clip_grads_with_norm_(self.parameters, longest, length)
        return True

    def step(self, rate: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["factor"]
        if self.scaler is None:
            self.optimizer.step()
        else:
            self.scaler.step(self.optimizer)
            self.scaler.update()

    @property
    def state_keys(self) -> tuple[str, ...]:
        """What the optimizer remembers of a parameter: one number ("step"), or tensors of its shape."""
        settings = self.settings
        momentum = ("momentum_buffer",) if settings.momentum else ()
        if settings.optimizer == "sgd":
            return momentum
        return ("step", "square_avg", *momentum) if settings.optimizer == "rmsprop" else ("step", "exp_avg", "exp_avg_sq")

    def check_moves(self, epoch: int) -> None:
        """Raise ConfigError when every parameter is frozen in this epoch."""
        if not any(parameter.requires_grad for parameter in self.parameters):
            raise ConfigError(
                f"every parameter{f' below {self.moves!r}' if self.moves else ''} is frozen in epoch {epoch + 1}: "
                "give a layer group thaw=0, or leave one layer out of the groups."
            )


def _optimizer(groups: list[dict[str, Any]], settings: TrainSettings, sharded: bool) -> torch.optim.Optimizer:
    rate, momentum = settings.learning_rate, settings.momentum
    if settings.optimizer == "sgd":  # whose fused kernel knows no shards (torch 2.13)
        return torch.optim.SGD(groups, lr=rate, momentum=momentum, nesterov=settings.nesterov, fused=not sharded)
    if settings.optimizer == "rmsprop":
        return torch.optim.RMSprop(groups, lr=rate, momentum=momentum)
    kind = torch.optim.Adam if settings.optimizer == "adam" else torch.optim.AdamW
    return kind(groups, lr=rate, betas=BETAS, fused=True)


def parameter_groups(model: nn.Module, settings: TrainSettings, moves: str = "") -> list[dict[str, Any]]:
    """The parameters below ``moves`` for an optimizer, parted by layer group, and by whether they decay.

    Biases and norm layers do not decay; where nothing does they share a group, and so do layers of one rate: a group costs a
    call a step.
    Raises ConfigError when there are none, and for a layer group that fits no parameter of the net.
    """
    shrinks = bool(settings.weight_decay or settings.l1)
    sorted_out: dict[tuple[int, bool], list[nn.Parameter]] = {}
    fitted = set()
    first_of_rate = {group.rate: place for place, group in reversed(list(enumerate(settings.groups)))}
    for name, parameter in model.named_parameters():
        place = next((i for i, group in enumerate(settings.groups) if name.startswith(group.prefix)), -1)
        fitted.add(place)
        if name.startswith(moves):
            decays = shrinks and _decays(model, name, parameter)
            alike = -1 if place < 0 else first_of_rate[settings.groups[place].rate]
            sorted_out.setdefault((alike, decays), []).append(parameter)
    if not sorted_out:
        raise ConfigError(f"the net has no parameter whose name begins with {moves!r}: there is nothing to train.")
    for place, layers in enumerate(settings.groups):
        if place not in fitted:
            raise ConfigError(
                f"no parameter of the net is left for the layer group {layers.prefix!r}; names begin like "
                f"{', '.join(repr(name) for name, _ in model.named_children())}."
            )
    return [
        {
            "params": parameters,
            "weight_decay": settings.weight_decay if decays else 0.0,
            "factor": settings.groups[place].rate if place >= 0 else 1.0,
            "decays": decays,
        }
        for (place, decays), parameters in sorted(sorted_out.items(), key=lambda item: item[0], reverse=True)
    ]


def _decays(model: nn.Module, name: str, parameter: nn.Parameter) -> bool:
    layer, _, own = name.rpartition(".")
    return not (isinstance(model.get_submodule(layer), NORMS) or parameter.ndim < 2 or own.endswith("bias"))


@contextmanager
def frozen(model: nn.Module, groups: tuple[LayerGroup, ...], epoch: int) -> Iterator[None]:
    """Within it the layers that are frozen in this epoch give no gradients and keep their running statistics.

    Enter it with the model in training mode; after it every parameter can give gradients that could before.
    """

    def is_frozen(name: str) -> bool:
        return next((group.frozen(epoch) for group in groups if name.startswith(group.prefix)), False)

    held = [parameter for name, parameter in model.named_parameters() if parameter.requires_grad and is_frozen(name)]
    for parameter in held:
        parameter.requires_grad_(False)
    for name, layer in model.named_modules():
        if isinstance(layer, NORMS) and is_frozen(name + "."):
            layer.eval()
    try:
        yield
    finally:
        for parameter in held:
            parameter.requires_grad_(True)


def is_mixed(settings: TrainSettings, device: str) -> bool:
    """Whether a training computes in 16 bits on this device."""
    if settings.precision != "auto":
        return settings.precision == "mixed"
    kind = torch.device(device).type
    if kind == "cpu":  # without such instructions every product would be converted twice, which is slower than 32 bits
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return kind == "cuda"


def sixteen_bits(device: str) -> torch.dtype:
    """The 16-bit numbers that suit a device: bfloat16 needs no scaling of the loss, but not every GPU has it."""
    kind = torch.device(device).type
    if kind == "mps" or (kind == "cuda" and not torch.cuda.is_bf16_supported()):
        return torch.float16
    return torch.bfloat16


class Average:
    """The moving average of the weights, kept beside those that move; running statistics are averaged, too.

    The decay begins low, so that the first weights, which are noise, are soon forgotten: min(decay, (1 + n)/(10 + n)).
    Other buffers, such as a mask with infinities, are those of the model.
    Source: Polyak & Juditsky (1992); the warm-up is TensorFlow's.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.count = 0
        self.weights = copied(model)
        moved = {name for name, _ in model.named_parameters(remove_duplicate=False)}
        now = model.state_dict()  # shares its memory with the model, so that it is asked for only once
        blended = [name for name in now if name in moved or name.rpartition(".")[2] in ("running_mean", "running_var")]
        self._blended = [own_part(self.weights[name]) for name in blended], [own_part(now[name]) for name in blended]
        self.buffers = [value for name, value in self.weights.items() if name not in moved]
        self._kept = [(self.weights[name], now[name]) for name in now.keys() - set(blended)]

    @torch.no_grad()
    def follow(self) -> None:
        """Take in the model's weights after a step."""
        self.count += 1
        share = 1 - min(self.decay, (1 + self.count) / (10 + self.count))
        torch._foreach_lerp_(*self._blended, share)
        for kept, now in self._kept:
            kept.copy_(now)

    @torch.no_grad()
    def restart(self, weights: dict[str, Tensor]) -> None:
        """Begin anew at these weights, those of the whole model."""
        for name, value in weights.items():
            self.weights[name].copy_(value)

    @contextmanager
    def standing_in(self, model: nn.Module) -> Iterator[None]:
        """Within it the model has the average for its weights."""
        moving = copied(model)
        model.load_state_dict(self.weights)
        try:
            yield
        finally:
            model.load_state_dict(moving)


def copied(model: nn.Module) -> dict[str, Tensor]:
    """Every parameter and buffer by name, apart from those that go on moving."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
