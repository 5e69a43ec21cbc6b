"""Which devices torch has on this machine."""

import torch

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean


def check_device(name: str) -> None:
    """Raise ConfigError unless torch has such a device here: "cpu", "cuda" (or "cuda:1"), "mps"."""
    there = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        raise ConfigError(f"no device {name!r}{did_you_mean(str(name), there)}") from None
    if not (device.index or 0) < there.get(device.type, 0):
        here = ", ".join(f"{known} ({count})" if count > 1 else known for known, count in there.items() if count)
        raise ConfigError(f"device {name!r} is not on this machine; here: {here}.")
