"""The arrays of a model as one safetensors file: numbers only, nothing that could be run."""

from collections.abc import Mapping

import numpy as np

from assay.archive.state import DTYPES
from assay.core.errors import BundleError

MAX_ARRAYS = 100_000


def pack(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Equal arrays give equal bytes."""
    from safetensors.numpy import save

    return bytes(save(dict(sorted(arrays.items()))))


def unpack(content: bytes, name: str) -> dict[str, np.ndarray]:
    """The arrays back, each a writable copy; raises BundleError that names the file ``name``.

    safetensors checks the header (its own size is capped, offsets are in range, without holes or overlaps); dtypes and
    sizes are checked here again, because numpy trusts them.
    """
    import safetensors

    try:
        found = safetensors.deserialize(content)  # type: ignore[no-untyped-call]
    except safetensors.SafetensorError as error:
        raise BundleError(f"{name} is not the safetensors file that Assay writes ({error}); copy the model again.") from error
    if len(found) > MAX_ARRAYS:
        raise BundleError(f"{name} holds {len(found)} arrays; a model of Assay has at most {MAX_ARRAYS}.")
    arrays: dict[str, np.ndarray] = {}
    for key, part in found:
        if part["dtype"] not in DTYPES:
            raise BundleError(f"{name}: the array {key[:80]!r} is of {part['dtype']}; Assay writes {', '.join(DTYPES)}.")
        dtype = np.dtype(DTYPES[part["dtype"]]).newbyteorder("<")
        try:
            arrays[key] = np.frombuffer(part["data"], dtype=dtype).reshape(part["shape"]).astype(dtype.newbyteorder("="))
        except ValueError as error:
            raise BundleError(f"{name}: the array {key[:80]!r} does not have the size it declares.") from error
        if dtype.name == "bool" and part["data"].strip(b"\0\1"):
            raise BundleError(f"{name}: the array {key[:80]!r} holds bytes that are neither true nor false.")
    return arrays
