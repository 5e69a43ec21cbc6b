"""The nets that a saved model may ask for by name, built from settings that are checked before any memory is taken."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import BundleError, ConfigError
from assay.core.registry import Registry
from assay.nets.seeding import threads
from assay.nets.training.examples import rows_together


class Spec(Protocol):
    """The settings of one net as a frozen dataclass of ints, floats, texts and tuples of ints."""

    @property
    def outputs(self) -> int: ...
    def build(self) -> nn.Module:
        """The net, its first weights drawn from torch's global generator (see nets.seeding)."""
        ...

    def tensor(self, matrix: np.ndarray) -> Tensor:
        """What a preparation step gave, checked, as what the net's ``forward`` takes; raises DataError."""
        ...


WIDEST = 10**8
"""No whole number in saved settings is larger: their products must stay countable."""

MOST_PARTS = 100_000
"""Nor is any list of them longer: a table may have a category a column."""

ARCHITECTURES: Registry[type[Any]] = Registry("net")

ARCHITECTURES.add("mlp", "assay.nets.tabular.mlp:MLPSpec")
ARCHITECTURES.add("mlp-plr", "assay.nets.tabular.mlp_embedded:PeriodicMLPSpec")
ARCHITECTURES.add("mlp-ple", "assay.nets.tabular.mlp_embedded:PiecewiseMLPSpec")
ARCHITECTURES.add("entity-mlp", "assay.nets.tabular.entity:EntityMLPSpec")
ARCHITECTURES.add("resnet-mlp", "assay.nets.tabular.resnet:ResNetSpec")
ARCHITECTURES.add("tabm", "assay.nets.tabular.tabm:TabMSpec")
ARCHITECTURES.add("ft-transformer", "assay.nets.tabular.ft_transformer:FTTransformerSpec")
ARCHITECTURES.add("picture", "assay.nets.image.picture_net:PictureSpec")
ARCHITECTURES.add("embedding-bag", "assay.nets.text.embedding_bag:EmbeddingBagSpec")
ARCHITECTURES.add("seq2seq-lstm", "assay.nets.text.seq2seq:StatePassingSpec")
ARCHITECTURES.add("seq2seq-attention", "assay.nets.text.seq2seq:AlignedSpec")
ARCHITECTURES.add("seq2seq-transformer", "assay.nets.text.encoder_decoder:EncoderDecoderSpec")
ARCHITECTURES.add("text-average", "assay.nets.text.average:AverageSpec")
ARCHITECTURES.add("text-convolution", "assay.nets.text.convolution:ConvolutionSpec")
ARCHITECTURES.add("text-recurrent", "assay.nets.text.recurrent:RecurrentSpec")
ARCHITECTURES.add("text-layers-mixed", "assay.nets.text.language:MixedSpec")
ARCHITECTURES.add("tagger", "assay.nets.text.tagger:TaggerSpec")
ARCHITECTURES.add("text-transformer", "assay.nets.text.encoder:TextTransformerSpec")
ARCHITECTURES.add("decoder-lm", "assay.nets.text.decoder:DecoderSpec")
ARCHITECTURES.add("lstm-lm", "assay.nets.text.lstm_language_model:LSTMLanguageModelSpec")


def spec_to_json(spec: Any) -> dict[str, Any]:
    """The settings as JSON values (tuples become lists)."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(spec).items()}


def spec_from_json(architecture: str, settings: dict[str, Any]) -> Spec:
    """The settings back; raises BundleError unless they are exactly the fields of that net, each of its own type."""
    kind = ARCHITECTURES.get(architecture)
    expected = {field.name: field.type for field in fields(kind)}
    if set(settings) != set(expected):
        raise BundleError(f"net {architecture!r} is saved with the settings {sorted(settings)}; it has {sorted(expected)}.")
    values: dict[str, Any] = {}
    for name, value in settings.items():
        wanted = expected[name]
        if wanted == tuple[int, ...] and isinstance(value, list):
            fits = len(value) <= MOST_PARTS and all(type(part) is int and part <= WIDEST for part in value)
            value = tuple(value)
        else:
            value = float(value) if wanted is float and type(value) is int and abs(value) <= WIDEST else value
            fits = type(value) is wanted and (wanted is not int or value <= WIDEST)
        if not fits:
            raise BundleError(f"net {architecture!r} is saved with {name}={value!r}, which it cannot have.")
        values[name] = value
    try:
        return kind(**values)  # type: ignore[no-any-return]
    except ConfigError as error:
        raise BundleError(f"net {architecture!r} is saved with impossible settings: {error}") from error


def weights_of(model: nn.Module) -> dict[str, np.ndarray]:
    """Every parameter and buffer by name, as arrays of their own."""
    return {name: value.detach().cpu().numpy().copy() for name, value in model.state_dict().items()}


def assemble(spec: Spec, weights: dict[str, np.ndarray]) -> nn.Module:
    """The net of ``spec`` with these weights, in float64 and evaluation mode.

    float64, so that one row alone and the same row in a batch agree to 1e-9 whatever the BLAS kernel; a spec that is ``single``
    takes float32, and they agree to 1e-4.
    Names, shapes, types and finiteness are compared with a net that has no memory yet; raises BundleError.
    """
    with torch.device("meta"):
        model = spec.build()
    expected: dict[str, Tensor] = model.state_dict()
    if set(expected) != set(weights):
        odd = sorted(set(expected) ^ set(weights))
        raise BundleError(f"the saved net has other weights than its settings say ({len(odd)} names differ, first: {odd[:3]}).")
    floats = torch.float32 if getattr(spec, "single", False) else torch.float64
    tensors = {name: _checked(name, weights[name], like).to(_kind(like, floats)) for name, like in expected.items()}
    model.load_state_dict(tensors, assign=True)
    return model.eval()


def _kind(like: Tensor, floats: torch.dtype) -> torch.dtype:
    return floats if like.is_floating_point() else torch.int64


def _checked(name: str, value: Any, like: Tensor) -> Tensor:
    """A saved weight as a tensor, once it is known to fit the place of ``like``."""
    shape, kind = tuple(like.shape), "f" if like.is_floating_point() else "i"
    if not isinstance(value, np.ndarray) or value.dtype.kind != kind or value.shape != shape:
        raise BundleError(f"weight {name!r} of the saved net is not an array of numbers of the shape {shape}.")
    if not np.isfinite(value).all():
        raise BundleError(f"weight {name!r} of the saved net holds values that are not finite.")
    return torch.from_numpy(np.array(value))


def for_prediction(spec: Spec, model: nn.Module) -> nn.Module:
    """What gives the outputs of an assembled net in less time, where there is such a net; else the net itself."""
    from assay.nets.image.picture_net import PictureNet, PictureSpec

    if not isinstance(model, PictureNet) or not isinstance(spec, PictureSpec):
        return model
    from assay.nets.image.folding import faster

    return faster(model, spec.channels, spec.size)


def outputs(spec: Spec, model: nn.Module, matrix: np.ndarray, *, batch_rows: int = 1024, at_once: int = 1) -> np.ndarray:
    """What an assembled net gives for the rows of ``matrix``: float64 (n, spec.outputs), or (n, members, spec.outputs).

    at_once: how many batches are computed side by side, each on a thread of its own.  Where the batches are cut depends on the
    form of a row alone, so that with one thread for each the bytes are the same whatever their number.
    """
    tensor = spec.tensor(matrix)
    together = rows_together(tensor[:1].numel(), batch_rows)
    batches = [rows for rows in torch.split(tensor, together) if len(rows)]

    def given(rows: Tensor) -> np.ndarray:
        with torch.inference_mode():
            return model(rows).double().numpy()  # type: ignore[no-any-return]

    if not batches:
        return np.zeros((0, spec.outputs))
    if min(at_once, len(batches)) < 2:
        return np.concatenate([given(rows) for rows in batches])
    # One thread for each batch: a sum that a kernel cuts among several threads has other last digits.
    with threads(1), ThreadPoolExecutor(min(at_once, len(batches)), initializer=torch.set_num_threads, initargs=(1,)) as pool:
        return np.concatenate(list(pool.map(given, batches)))
