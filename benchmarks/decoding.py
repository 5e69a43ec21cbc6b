"""Decoding 10 000 small JPEGs: pictures a second by one process and by as many as there are cores, and how busy these are.

The two sides take turns; the pixels must be equal. Busy is the processor time of this process and its helpers over the wall time
of all cores; on a machine that others use it says less than the ratio of the two processor times, which is what helping costs.
"""

import argparse
import os
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from harness import main, spread

import assay
from assay.core.threads import usable_threads
from assay.data.images import decode

PICTURES = 10_000
SIDE = 32
BUSY = 0.9


@dataclass(frozen=True)
class Turn:
    """wall: seconds.  processor: seconds of this process and of those that it waited for."""

    wall: float
    processor: float


def turn(series: Any, workers: int) -> tuple[Turn, np.ndarray]:
    before, began = os.times(), time.perf_counter()
    pixels = decode(series, size=(SIDE, SIDE), channels=3, workers=workers)
    wall, after = time.perf_counter() - began, os.times()
    return Turn(wall, sum(after[:4]) - sum(before[:4])), pixels


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    with zipfile.ZipFile(arguments.data / "images" / "cifar10_10k.zip") as archive:
        archive.extractall(folder / "pictures")  # our own data: read as files, as most people have them
    series = assay.read(folder / "pictures").frame["image"][:PICTURES]
    cores = usable_threads()
    turns: dict[str, list[Turn]] = {"alone": [], "together": []}
    equal = True
    first = turn(series, 1)[1]  # the files are in the system's cache from here on
    for _ in range(max(3, arguments.runs)):
        for name, workers in (("alone", 1), ("together", cores)):
            found, pixels = turn(series, workers)
            turns[name].append(found)
            equal &= np.array_equal(first, pixels)
    busy = [one.processor / (one.wall * cores) for one in turns["together"]]
    shown = {
        name: {
            "pictures a second": spread([PICTURES / one.wall for one in taken]),
            "wall seconds": spread([one.wall for one in taken]),
            "processor seconds": spread([one.processor for one in taken]),
        }
        for name, taken in turns.items()
    }
    return {
        "pictures": len(series),
        "cores": cores,
        **shown,
        "busy": spread(busy),
        "helping costs": spread(
            [two.processor / one.processor for one, two in zip(turns["alone"], turns["together"], strict=True)]
        ),
        "checks": {
            f"{PICTURES} pictures": len(series) == PICTURES,
            "the bytes are equal, whoever decoded them": equal,
            f"the cores are busy for more than {BUSY:.0%} of the time": spread(busy)["median"] > BUSY,
        },
    }


if __name__ == "__main__":
    main("decoding", benchmark, needs_data=True)
