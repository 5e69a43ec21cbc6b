"""What a transfer begins from: a picture model that Assay saved, or a network with published weights.

"runs/cars/model" or "cars.assay" is a saved model, "resnet50=resnet50-0676ba61.pth" a network and a file of its weights (or an
https address of one); "@96" behind it takes pictures of 96 pixels a side.  The one spelling of a base holds the first digits of
the file's SHA-256, so that a study cannot go on with other weights than it was begun with.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.archive import files, weights
from assay.archive.manifest import check
from assay.archive.state import decode
from assay.archive.strict import parse_canonical
from assay.core.errors import BundleError, ConfigError
from assay.core.files import sha256_bytes, sha256_file
from assay.core.optional import require
from assay.recipes.nets.fitted import FittedNet

if TYPE_CHECKING:
    from torch import Tensor, nn

    from assay.nets.image.network import Network

_NET, _MEAN, _SCALE = "net.", "standardise.mean", "standardise.scale"
_DIGITS = 8
_SPELLED = re.compile(r"(?P<where>.+?)(#(?P<digest>[0-9a-f]{8}))?(@(?P<size>[0-9]{1,5}))?", re.DOTALL)


@dataclass(frozen=True)
class Base:
    """network: its name.  where: a path or an address.  saved: whether a model of Assay's lies there.

    digest: the first digits of the SHA-256 of the weights.  size: of the pictures.
    """

    network: str
    where: str
    saved: bool
    digest: str
    size: int

    @property
    def text(self) -> str:
        """Its one spelling."""
        named = self.where if self.saved else f"{self.network}={self.where}"
        return f"{named}#{self.digest}@{self.size}"


@dataclass(frozen=True)
class BaseWeights:
    """network: by whose names the weights are.  mean, scale: float64 (channels,), in pixel units."""

    network: "Network"
    state: "Mapping[str, Tensor]"
    mean: np.ndarray
    scale: np.ndarray


def base_named(text: str) -> Base:
    """The base of a text.

    Raises ConfigError for a text that names none, for weights that have changed since, and for a size that the network cannot
    take; BundleError and DataError for files that cannot be read, UnknownNameError for a network that does not exist.
    """
    require("torch", extra="nets", purpose="transfer")
    from assay.nets.image.registry import is_network_name, network_named

    found = _SPELLED.fullmatch(text)
    if found is None or {"+", ","} & set(text):
        raise ConfigError(
            f"{text!r} names no base: give the path of a saved model, or NETWORK=FILE, without plus signs and commas."
        )
    name, equals, file = found["where"].partition("=")
    named = bool(equals) and is_network_name(name)
    base = _published(name, file, found["size"]) if named else _of_model(found["where"], found["size"])
    if found["digest"] and found["digest"] != base.digest:
        raise ConfigError(f"{base.where} has changed since it was named as a base ({found['digest']}, and now {base.digest}).")
    network_named(base.network).check(base.size)
    return base


def _published(network: str, where: str, size: str | None) -> Base:
    from assay.nets.image.registry import network_named

    return Base(network, where, False, _digest(where), int(size or network_named(network).size))


def _of_model(where: str, size: str | None) -> Base:
    network, own, digest = _told(where, _stamp(Path(where)))
    return Base(network, where, True, digest, int(size or own))


def weights_of_base(base: Base) -> BaseWeights:
    """Raises as ``base_named``, also for weights that have changed since the base was named."""
    from assay.nets.image.registry import network_named
    from assay.nets.image.weight_files import published_weights

    base_named(base.text)
    if not base.saved:
        network = network_named(base.network)
        mean, scale = np.array(network.mean) * 255, np.array(network.scale) * 255
        return BaseWeights(network, published_weights(base.where), mean, scale)
    return _of_net(_saved(base.where))


def take_over_base(base: Base, model: "nn.Module", channels: int) -> None:
    """Put the base's weights and constants into a fresh PictureNet; the layers of other classes keep their first weights."""
    import torch

    from assay.nets.image.weights import take_over

    found = weights_of_base(base)
    take_over(model.get_submodule("net"), found.network, found.state, base.where)
    standardise: Any = model.get_submodule("standardise")
    same = len(found.mean) == channels
    mean = found.mean if same else np.full(channels, found.mean.mean())
    scale = found.scale if same else np.full(channels, found.scale.mean())
    standardise.mean.copy_(torch.from_numpy(mean))
    standardise.scale.copy_(torch.from_numpy(scale))


def _of_net(net: FittedNet) -> BaseWeights:
    import torch

    from assay.nets.image.registry import network_named

    state = {name.removeprefix(_NET): torch.from_numpy(value) for name, value in net.weights.items() if name.startswith(_NET)}
    mean, scale = (np.asarray(net.weights[name], dtype=np.float64) for name in (_MEAN, _SCALE))
    return BaseWeights(network_named(net.settings["network"]), state, mean, scale)


def _digest(where: str) -> str:
    from assay.nets.image.downloads import downloaded, is_address

    path = downloaded(where) if is_address(where) else Path(where).expanduser()
    if not path.is_file():
        raise ConfigError(f"no file of weights at {path}; check the path.")
    return _digest_of(path, _stamp(path))


Stamp = tuple[tuple[str, int, int], ...]


def _stamp(path: Path) -> Stamp:
    """When the file, or each file of the folder, was last written, and how long it is: a recipe is looked up by its text for
    every cell of a study, and hundreds of megabytes are not read for each.
    """
    found = sorted(path.iterdir()) if path.is_dir() else [path] if path.exists() else []
    return tuple((one.name, one.stat().st_mtime_ns, one.stat().st_size) for one in found)


@lru_cache(maxsize=32)
def _digest_of(path: Path, _written: Stamp) -> str:
    return sha256_file(path)[:_DIGITS]


@lru_cache(maxsize=32)
def _told(where: str, _written: Stamp) -> tuple[str, int, str]:
    """Network, size and digest of a saved model."""
    settings = _saved(where).settings
    return settings["network"], settings["size"], sha256_bytes(files.read(Path(where))[files.WEIGHTS])[:_DIGITS]


def _saved(where: str) -> FittedNet:
    """The net of a saved picture model; every checksum, name and number is checked, as whenever a model is loaded."""
    parts = files.read(Path(where))
    check(parts, where)
    name = f"{where}: {files.STATE}"
    state = parse_canonical(parts[files.STATE], name)
    learner = state.get("learner") if isinstance(state, dict) else None
    if not isinstance(learner, dict) or (learner.get("kind"), learner.get("architecture")) != ("net", "picture"):
        raise ConfigError(f"{where} is no model of a network for pictures, so nothing can be taken over from it.")
    found = decode(state, weights.unpack(parts[files.WEIGHTS], f"{where}: {files.WEIGHTS}"), name)
    try:
        return FittedNet.from_state(found["learner"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BundleError(f"{name} does not describe a model that Assay makes ({type(error).__name__}).") from error
