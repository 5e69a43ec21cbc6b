"""Graphs run by onnxruntime, on one thread."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from assay.bundle.onnx.graph import PURPOSE, onnx
from assay.core.errors import BundleError
from assay.core.optional import require


def runtime() -> Any:
    """onnxruntime; its extra is named where it is missing."""
    onnx()
    return require("onnxruntime", extra="onnx", purpose=PURPOSE)


def serialized(proto: Any) -> bytes:
    """The model without metadata: equal graphs give equal bytes."""
    bare = onnx().ModelProto()
    bare.CopyFrom(proto)
    del bare.metadata_props[:]
    return bytes(bare.SerializeToString(deterministic=True))


def ask(content: bytes, cells: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The outputs by name. Raises BundleError where the runtime refuses."""
    return Asked(content)(cells)


class Asked:
    """A graph that is asked more than once. Raises BundleError where the runtime refuses it, or what it is asked."""

    def __init__(self, content: bytes) -> None:
        library = runtime()
        self.refusals = _refusals(library)
        options = library.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self.session = library.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except self.refusals as error:
            raise _refused(error) from error
        self.names = [output.name for output in self.session.get_outputs()]

    def __call__(self, cells: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        try:
            return dict(zip(self.names, self.session.run(self.names, dict(cells)), strict=True))
        except self.refusals as error:
            raise _refused(error) from error


def _refused(error: Exception) -> BundleError:
    line = " ".join(str(error).split())[:200]
    return BundleError(f"onnxruntime refuses the graph ({line}).")


def _refusals(library: Any) -> tuple[type[Exception], ...]:
    """What the runtime raises; its classes have no base of their own."""
    state = library.capi.onnxruntime_pybind11_state
    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NotImplemented", "RuntimeException")
    return (RuntimeError, ValueError, *(getattr(state, name) for name in names if hasattr(state, name)))
