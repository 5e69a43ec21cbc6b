"""Networks for pictures at inference: as Assay predicts with them against the plain eager model.

Assay folds batch norm into the convolutions, computes activations and sums inside the kernels of the convolutions, and keeps
channels last; the plain model is the network as it was built, in evaluation mode, contiguous.  Both are called on the same
batches of uint8 pictures in turn, an A/A control (the plain model again) with them; the ratio is taken within each turn and its
median reported.  Weights are drawn, the norms as if they had seen pictures; the outputs of both must be equal to 1e-4 of the
largest (1 at least).  The first network is what is asked, on one thread, as predictions compute a batch: at least 1.5 times as
fast; its ratio on more threads stands beside it.
"""

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

import torch
from harness import main
from torch import Tensor, nn

from assay.nets.image.folding import faster
from assay.nets.image.picture_net import PictureSpec
from assay.nets.image.registry import NETWORKS
from assay.nets.seeding import isolated, threads

ASKED = 1.5
CLOSE = 1e-4
NAMES = "resnet50,resnet18,googlenet,densenet121,mobilenet-v2,efficientnet-b0,vgg16-bn,inception-v3,vit-b-32"


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--networks", default=NAMES, help="by name, with commas; the first is the one that is asked")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", default="1,2", help="numbers of threads, with commas; 1 is what predictions use for a batch")


def plain_net(name: str) -> tuple[PictureSpec, nn.Module]:
    spec = PictureSpec(name, 1000, 3, NETWORKS.get(name).size)
    with isolated(0), torch.no_grad():
        net = spec.build()
        for part in net.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.running_mean.normal_(std=0.1)
                part.running_var.uniform_(0.5, 1.5)
        for one in net.parameters():
            if not one.any():
                one.normal_(std=0.02)
        net.standardise.mean.fill_(120.0)
        net.standardise.scale.fill_(60.0)
    return spec, net.eval()


def seconds(net: nn.Module, pictures: Tensor) -> float:
    started = time.perf_counter()
    net(pictures)
    return time.perf_counter() - started


def row(name: str, batch: int, count: int, turns: int) -> dict[str, Any]:
    spec, plain = plain_net(name)
    pictures = torch.randint(
        0, 256, (batch, 3, spec.size, spec.size), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )
    taken: dict[str, list[float]] = {"plain": [], "control": [], "assay": []}
    with threads(count), torch.inference_mode():
        started = time.perf_counter()
        fast = faster(plain, 3, spec.size)
        making = time.perf_counter() - started
        wanted, found = plain(pictures), fast(pictures)
        for turn in range(turns):
            sides = [("plain", plain), ("assay", fast), ("control", plain)]
            for side, net in sides if turn % 2 else reversed(sides):
                taken[side].append(seconds(net, pictures))
    largest = max(1.0, float(wanted.abs().max()))
    return {
        "network": name,
        "size": spec.size,
        "batch": batch,
        "threads": count,
        "plain_seconds": statistics.median(taken["plain"]),
        "assay_seconds": statistics.median(taken["assay"]),
        "times_as_fast": statistics.median(a / b for a, b in zip(taken["plain"], taken["assay"], strict=True)),
        "control": statistics.median(a / b for a, b in zip(taken["plain"], taken["control"], strict=True)),
        "difference": float((wanted - found).abs().max()) / largest,
        "spread_of_outputs": float(wanted.std()),
        "changed": fast is not plain,
        "seconds_to_make_it": making,
        "turns": turns,
    }


def benchmark(arguments: argparse.Namespace, _folder: Path) -> dict[str, Any]:
    names = arguments.networks.split(",")
    turns = max(5, arguments.runs)
    rows = [row(name, arguments.batch, int(count), turns) for name in names for count in arguments.threads.split(",")]
    first = [one for one in rows if one["network"] == names[0] and one["threads"] == 1]
    return {
        "rows": rows,
        "checks": {
            f"{names[0]} is at least {ASKED} times as fast on one thread": bool(first) and first[0]["times_as_fast"] >= ASKED,
            "outputs are equal to 1e-4": all(one["difference"] <= CLOSE for one in rows),
            "outputs differ between pictures and classes": all(one["spread_of_outputs"] > 0 for one in rows),
        },
    }


if __name__ == "__main__":
    main("picture_inference", benchmark, needs_data=False, options=options)
