"""``assay costs``, and what ``assay model show`` says of a network for pictures."""

import json
from pathlib import Path

import pytest
from tests.bundle.onnx.test_picture_export import model

from assay.cli.main import run


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run(list(words)) == 0
    return capsys.readouterr().out


def test_the_convolution_of_the_textbook_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("costs", "conv", "--input", "6x6x3", "--filters", "5", "--kernel", "3")
    assert "2,160" in printed(capsys, *words)
    told = json.loads(printed(capsys, *words, "--json"))
    assert {row["kind"]: row["multiplications"] for row in told["rows"]} == {
        "plain": 2160,
        "depthwise": 432,
        "pointwise": 240,
        "separable": 672,
        "factorised": 1368,
    }
    assert told["output"] == [4, 4, 5]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["conv", "--input", "6x6", "--filters", "5", "--kernel", "3"], "such as 224x224x3"),
        (["conv", "--input", "6x6x3", "--filters", "5", "--kernel", "4", "--padding", "same"], "take an odd one"),
        (["conv", "--input", "6x6x3", "--filters", "5", "--kernel", "7"], "does not fit 6 × 6"),
        (["conv", "--input", "6x6x3", "--filters", "5", "--kernel", "3", "--padding", "x"], "write a number of pixels, or same"),
        (["network", "resne50"], "did you mean 'resnet50'"),
        (["network", "resnet50@big"], "'big' is no size"),
        (["network", "resnet50@16"], "at least 32 × 32"),
        (["network", "resnet50", "--channels", "0"], "must be at least 1"),
    ],
)
def test_what_cannot_be_counted_is_refused_in_one_line(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["costs", *words]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1


def test_a_network_is_counted_by_name_and_size(capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(printed(capsys, "costs", "network", "resnet18", "--json"))
    assert (told["parameters"], told["multiply_accumulates"]) == (11_689_512, 1_814_073_344)
    assert (told["receptive_field"], told["stride"], told["last_maps"]) == (435, 32, [7, 7])
    text = printed(capsys, "costs", "network", "resnet20@28", "--channels", "1", "--classes", "10", "--layers")
    assert "Receptive field: 81 × 81 pixels, last maps 7 × 7" in text
    assert "layer3.2.conv2" in text


def test_show_says_what_a_network_costs_and_how_long_it_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.assay"
    model("resnet20").save(path)
    text = printed(capsys, "model", "show", str(path))
    for fact in (
        "Parameters: ",
        "Multiply-accumulates for a picture: ",
        "Receptive field: 81 × 81",
        "ms for 8 pictures on 1 thread",
    ):
        assert fact in text
    (network,) = json.loads(printed(capsys, "model", "show", str(path), "--json"))["networks"]
    assert network["network"] == "resnet20"
    assert [one["batch"] for one in network["latency"]] == [1, 8]
    assert all(one["seconds"] > 0 for one in network["latency"])
