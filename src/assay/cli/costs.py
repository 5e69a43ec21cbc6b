"""``assay costs``: what a convolution or a network costs, before anything is trained."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.console import one_line, say, say_json, screen
from assay.cli.manual import epilog
from assay.core.errors import ConfigError

if TYPE_CHECKING:
    from rich.table import Table

    from assay.recipes.nets.picture_costs import NetworkCost

app = typer.Typer(help="Say what a convolution or a network costs, without training.", rich_markup_mode=None)

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]

_FORM = re.compile(r"(\d{1,6})[x×](\d{1,6})[x×](\d{1,6})")


@app.command("conv", epilog=epilog("costs conv"))
def conv(  # more than 8 arguments: typer reads the options of the command off them
    given: Annotated[str, typer.Option("--input", metavar="HxWxC", help="Height, width and channels of what it reads.")],
    filters: Annotated[int, typer.Option(metavar="N", help="Filters, which are the channels of what it gives.")],
    kernel: Annotated[int, typer.Option(metavar="F", help="Its filters are F × F.")],
    stride: Annotated[int, typer.Option(metavar="N", help="Pixels from place to place.")] = 1,
    padding: Annotated[str, typer.Option(metavar="N|same", help="Zeros on each side; same keeps the size at stride 1.")] = "0",
    as_json: JsonOption = False,
) -> None:
    """Count the multiplications of a convolution.

    Of it as it is, of its depthwise and its pointwise part, of these two together (separable), and of a column and a row after
    each other (factorised).
    """
    from assay.nets.image.convolution_cost import Convolution, convolution_costs

    form = _FORM.fullmatch(given)
    if form is None:
        raise ConfigError(f"--input {given}: write height, width and channels, such as 224x224x3.")
    height, width, channels = map(int, form.groups())
    of = Convolution(height, width, channels, filters, kernel, stride, _padding(padding, kernel))
    found = convolution_costs(of)
    if as_json:
        rows = [
            {"kind": one.kind, "multiplications": one.multiplications, "weights": one.weights, "share": one.share}
            for one in found
        ]
        say_json({"schema": 1, "input": [height, width, channels], "output": list(of.output), "rows": rows})
        return
    say(f"{height} × {width} × {channels} → {' × '.join(map(str, of.output))}")
    table = _table("", "multiplications", "weights", "of the plain one")
    for one in found:
        table.add_row(one.kind, f"{one.multiplications:,}", f"{one.weights:,}", f"{one.share:.4g}")
    screen().print(table)


@app.command("network", epilog=epilog("costs network"))
def network(
    name: Annotated[
        str, typer.Argument(metavar="NETWORK[@SIZE]", help="A network for pictures, such as resnet50 or vit-b-16@384.")
    ],
    channels: Annotated[int, typer.Option(metavar="N", help="Of the pictures: 3 for colour, 1 for grey.")] = 3,
    classes: Annotated[int, typer.Option(metavar="N", help="Outputs of its last layer.")] = 1000,
    layers: Annotated[bool, typer.Option("--layers", help="Also a row for each layer.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Count what a network for pictures costs.

    Parameters, multiply-accumulates, receptive field and memory; it is neither trained nor given memory.
    """
    from assay.core.optional import require

    require("torch", extra="nets", purpose="assay costs network")
    from assay.recipes.nets.picture_costs import cost_of_network
    from assay.report.network_cost import lines, to_json

    if channels < 1 or classes < 1:
        raise ConfigError(f"--channels {channels} and --classes {classes} must be at least 1.")
    cost = cost_of_network(name, channels, classes)
    if as_json:
        say_json({"schema": 1, **to_json(cost)})
        return
    for line in lines(cost):
        say(one_line(line))
    if layers:
        _print_layers(cost)


def _print_layers(cost: "NetworkCost") -> None:
    table = _table("layer", "kind", "output", "parameters", "multiply-accumulates")
    for layer in cost.costs.layers:
        form = " × ".join(map(str, layer.output))
        table.add_row(layer.name, layer.kind, form, f"{layer.parameters:,}", f"{layer.macs + layer.attention:,}")
    screen().print(table)


def _table(*headings: str) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        numbers = heading in ("multiplications", "weights", "of the plain one", "parameters", "multiply-accumulates")
        table.add_column(Text(heading), justify="right" if numbers else "left")
    return table


def _padding(text: str, kernel: int) -> int:
    if text == "same":
        if kernel % 2 == 0:
            raise ConfigError(
                f"--padding same: no padding on both sides keeps the size under a kernel of {kernel}; take an odd one."
            )
        return (kernel - 1) // 2
    if not text.isdecimal():
        raise ConfigError(f"--padding {text}: write a number of pixels, or same.")
    return int(text[:7])
