"""A training on disk: everything it needs to go on as if it had never stopped, in the middle of an epoch too.

``state-N.safetensors`` holds every tensor, ``checkpoint.json`` all else and which tensors belong to it.  The JSON is
replaced last and at once: a kill at any moment leaves the checkpoint before, or the new one.  What is read is checked
before anything of it is used: a folder may come from elsewhere.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from assay.core.errors import ConfigError
from assay.core.files import canonical_json, sha256_bytes, write_atomic
from assay.nets.seeding import global_generators
from assay.nets.settings import TrainSettings
from assay.nets.training.distribute import sharded_like, whole, world
from assay.nets.training.standing import Progress, Standing, progress_from

VERSION = 3
NAME = "checkpoint.json"


def identity(settings: TrainSettings, seed: int, threads: int, device: str, rows: int) -> dict[str, Any]:
    """What must be equal for a checkpoint to be of the same training, which would otherwise end with other numbers."""
    values = {
        **asdict(settings),
        "seed": seed,
        "threads": threads,
        "device": torch.device(device).type,
        "processes": world().size,
        "rows": rows,
        "torch": torch.__version__,
    }
    return dict(json.loads(canonical_json(values)))


def save(folder: Path, standing: Standing, training: dict[str, Any]) -> None:
    """Write a checkpoint; the one before stays until the new one is whole.

    Of a sharded training all processes call it, and the first one writes.
    """
    tensors = _tensors(standing)
    if world().rank:
        return
    folder.mkdir(parents=True, exist_ok=True)
    content = safetensors.torch.save(tensors)
    digest = sha256_bytes(content)
    name = f"state-{digest[:16]}.safetensors"
    write_atomic(folder / name, content)
    scalars = {
        "version": VERSION,
        "training": training,
        "progress": asdict(standing.progress),
        "tensors": {"file": name, "sha256": digest},
        "average_count": standing.average.count if standing.average else 0,
        "scalers": [mover.scaler.state_dict() if mover.scaler else None for mover in standing.movers],
    }
    write_atomic(folder / NAME, canonical_json(scalars).encode())
    left = {*folder.glob("state-*.safetensors"), *folder.glob(".state-*.part"), *folder.glob(f".{NAME}.*.part")}
    for older in left - {folder / name}:  # also what a killed process was writing
        older.unlink(missing_ok=True)


def restore(folder: Path, standing: Standing, training: dict[str, Any]) -> bool:
    """Put a checkpoint found in ``folder`` into the standing; False when there is none.

    Raises ConfigError for one of another net, of other settings, or a damaged one.
    """
    path = folder / NAME
    if not path.is_file():
        return False
    try:
        scalars = json.loads(path.read_bytes())
        version, found, count = scalars["version"], dict(scalars["training"]), int(scalars["average_count"])
        file, digest, scalers = folder / scalars["tensors"]["file"], scalars["tensors"]["sha256"], list(scalars["scalers"])
        content = file.read_bytes() if file.parent == folder else b""
    except (ValueError, LookupError, TypeError, OSError, RecursionError) as error:
        raise _damaged(folder, f"{type(error).__name__}: {error}") from error
    if version != VERSION:
        raise _damaged(folder, f"its version is {version!r}, not {VERSION}")
    other = [name for name in sorted(training.keys() | found.keys()) if training.get(name) != found.get(name)]
    if other:
        named = ", ".join(f"{name}={found.get(name)!r} there, {training.get(name)!r} here" for name in other[:3])
        raise ConfigError(f"the checkpoint in {folder} is of another training ({named}); use another folder, or delete it.")
    if sha256_bytes(content) != digest:
        raise _damaged(folder, f"{file.name} is not the file that was written")
    try:
        tensors = safetensors.torch.load(content)
        progress = progress_from(scalars["progress"], training["epochs"])
        _check_net(folder, standing, tensors)
        _check_rest(standing, tensors, progress)
        _load(standing, tensors, scalers)
    except (safetensors.SafetensorError, ValueError, LookupError, TypeError, ArithmeticError, RuntimeError) as error:
        raise _damaged(folder, str(error)) from error
    if standing.average:
        standing.average.count = count
    standing.progress = progress
    return True


def _damaged(folder: Path, why: str) -> ConfigError:
    said = " ".join(why.split())
    return ConfigError(f"the checkpoint in {folder} cannot be read ({said}); delete the folder to train from the start.")


def _tensors(standing: Standing) -> dict[str, Tensor]:
    """Every tensor of the standing, whole and on the processor, by a name that says where it belongs."""
    named = _below_names("model", standing.model.state_dict()) | _below_names("best", standing.best)
    if standing.average:
        named |= _below_names("average", standing.average.weights)
    for number, mover in enumerate(standing.movers):
        for place, state in mover.optimizer.state_dict()["state"].items():
            kept = {key: value for key, value in state.items() if value is not None}
            named |= _below_names(f"optimizer.{number}.{place}", kept)
    named |= _below_names("random", _random(standing))
    # Tied weights share memory, which the format refuses; each name gets its own copy.
    return {name: whole(value.detach()).to("cpu", copy=True).contiguous() for name, value in named.items()}


def _random(standing: Standing) -> dict[str, Tensor]:
    states = [standing.generator, *global_generators(standing.device)]
    return {name: generator.get_state() for name, generator in zip(("batches", "processor", "device"), states, strict=False)}


def _load(standing: Standing, tensors: dict[str, Tensor], scalers: list[Any]) -> None:
    """Everything into its place; what could still be wrong, the generators' inner state, comes first."""
    generators = (standing.generator, *global_generators(standing.device))
    for name, generator in zip(("batches", "processor", "device"), generators, strict=False):
        generator.set_state(tensors[f"random.{name}"])
    now = standing.model.state_dict()
    weights = {name: sharded_like(value, now[name]) for name, value in _below(tensors, "model.").items()}
    standing.model.load_state_dict(weights)
    standing.best = {name: sharded_like(value, now[name]) for name, value in _below(tensors, "best.").items()}
    if standing.average:
        for name, value in _below(tensors, "average.").items():
            standing.average.weights[name].copy_(sharded_like(value, now[name]))
    for number, mover in enumerate(standing.movers):
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in _below(tensors, f"optimizer.{number}.").items():
            place, _, key = name.partition(".")
            like = value if key == "step" else mover.parameters[int(place)]
            state.setdefault(int(place), {})[key] = sharded_like(value, like)
        mover.optimizer.load_state_dict({"state": state, "param_groups": mover.optimizer.state_dict()["param_groups"]})
    for mover, saved in zip(standing.movers, scalers, strict=True):
        if mover.scaler:
            mover.scaler.load_state_dict(saved)


def _below_names(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": value for name, value in tensors.items()}


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _forms(tensors: dict[str, Tensor]) -> dict[str, tuple[tuple[int, ...], str]]:
    return {name: (tuple(value.shape), str(value.dtype).removeprefix("torch.")) for name, value in tensors.items()}


def _check_net(folder: Path, standing: Standing, tensors: dict[str, Tensor]) -> None:
    """Raise ConfigError, naming the keys that differ, unless the weights are those of such a net."""
    differing = _differences(_forms(_below(tensors, "model.")), _forms(standing.model.state_dict()))
    if differing:
        raise ConfigError(f"the checkpoint in {folder} is of another net: {differing}. Use another folder, or delete it.")


def _check_rest(standing: Standing, tensors: dict[str, Tensor], progress: Progress) -> None:
    """Raise ValueError unless all else is there and of the form in which it is used; kernels do not look at shapes."""
    net = _forms(standing.model.state_dict())
    if progress.best_loss is not None or _below(tensors, "best."):
        _must_be(_forms(_below(tensors, "best.")), net)
    _must_be(_forms(_below(tensors, "average.")), net if standing.average else {})
    _must_be(_forms(_below(tensors, "random.")), _forms(_random(standing)))
    for number, mover in enumerate(standing.movers):
        found = _forms(_below(tensors, f"optimizer.{number}."))
        places = {name.partition(".")[0] for name in found}
        expected: dict[str, Any] = {}
        for place in places:
            form = _forms({"": mover.parameters[int(place)]})[""]
            expected |= {f"{int(place)}.{key}": ((), "float32") if key == "step" else form for key in mover.state_keys}
        _must_be(found, expected)
    known = ("model.", "best.", "average.", "random.", *(f"optimizer.{number}." for number in range(len(standing.movers))))
    if foreign := [name for name in tensors if not name.startswith(known)]:
        raise ValueError(f"it has a foreign tensor {foreign[0]!r}")


def _must_be(found: dict[str, Any], expected: dict[str, Any]) -> None:
    if differing := _differences(found, expected):
        raise ValueError(differing)


def _differences(found: dict[str, Any], expected: dict[str, Any]) -> str:
    """What is missing, left over or of another form, the first three of each; empty when all is equal."""
    missing, extra = sorted(expected.keys() - found.keys()), sorted(found.keys() - expected.keys())
    formed = [
        f"{name} {found[name][0]} {found[name][1]} there, {expected[name][0]} {expected[name][1]} here"
        for name in sorted(expected.keys() & found.keys())
        if found[name] != expected[name]
    ]
    parts = (("it lacks", missing), ("it has also", extra), ("other shapes:", formed))
    return "; ".join(f"{what} {', '.join(names[:3])}{' …' if len(names) > 3 else ''}" for what, names in parts if names)
