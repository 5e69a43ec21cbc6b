"""How long a net takes for a batch of pictures, measured here and now."""

import statistics
import time
from dataclasses import dataclass

import torch
from torch import nn

from assay.nets.seeding import threads

RUNS = 7
SECONDS = 3.0
"""After so long no further run begins."""


@dataclass(frozen=True, slots=True)
class Latency:
    """seconds: the median of ``runs`` passes of ``batch`` pictures on ``threads`` threads, after one that does not count."""

    batch: int
    threads: int
    seconds: float
    runs: int


def latency_of(net: nn.Module, channels: int, size: int, batch: int, *, threads_used: int = 1) -> Latency:
    """Of a net that takes uint8 or float pictures (n, channels, size, size); only true of this machine as it is now."""
    pictures = torch.zeros(batch, channels, size, size, dtype=torch.uint8)
    taken: list[float] = []
    with threads(threads_used), torch.inference_mode():
        net(pictures)
        began = time.perf_counter()
        while len(taken) < RUNS and (not taken or time.perf_counter() - began < SECONDS):
            started = time.perf_counter()
            net(pictures)
            taken.append(time.perf_counter() - started)
    return Latency(batch, threads_used, statistics.median(taken), len(taken))
