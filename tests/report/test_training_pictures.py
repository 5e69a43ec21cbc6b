"""The pictures of a training: what they draw is what the data objects hold; none needs torch."""

import re
import subprocess
import sys

import numpy as np
import pytest
from tests.report.training_records import bowl, inside

from assay.nets.inside.views import Landscape, LayerActivations
from assay.report.pictures.activations import activations_drawing, activations_picture, shrunk
from assay.report.pictures.canvas import Drawing
from assay.report.pictures.cells import SHADES, runs
from assay.report.pictures.landscape import landscape_picture, levels_of
from assay.report.pictures.training import MOST_LINES, layer_lines, loss_lines, over_epochs, over_steps, power

DRAWING = Drawing("key", "A title", "A description")


def test_a_picture_is_drawn_without_torch():
    code = (
        "import sys\nimport assay.report.pictures.training, assay.report.pictures.landscape, assay.report.training_page\n"
        "import assay.nets.inside.signs, assay.nets.inside.views\nassert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_lines_are_those_of_the_record_from_epoch_1_on():
    record = inside()
    named = dict(loss_lines(record))
    assert named["training rows"].x.tolist() == [1, 2, 3, 4]
    assert named["training rows"].y.tolist() == record.train_loss.tolist()
    assert named["validation rows"].y.tolist() == record.validation_loss.tolist()
    alone = inside(validation_loss=np.full(4, np.nan))
    assert [name for name, _ in loss_lines(alone)] == ["training rows"]


def test_of_many_layers_the_first_and_the_last_are_among_those_drawn_and_layers_without_numbers_are_not():
    record = inside(layers=40)
    names = [name for name, _ in layer_lines(record, "weights")]
    assert len(names) == MOST_LINES
    assert names[0] == "layers.0 (Linear)"
    assert names[-1] == "layers.39 (Linear)"
    assert layer_lines(record, "dead") == []
    some = record.dead.copy()
    some[7] = 0.5
    assert [name for name, _ in layer_lines(inside(layers=40, dead=some), "dead")] == ["layers.7 (Linear)"]


def test_of_many_steps_a_point_is_the_median_of_its_neighbours():
    record = inside(steps=121)
    (name, line), *_ = layer_lines(record, "gradients")
    assert name == "layers.0 (Linear)"
    assert len(line.x) == len(line.y) == 41
    np.testing.assert_array_equal(line.x[:2], np.median(record.steps[:6].reshape(2, 3), axis=1))
    np.testing.assert_allclose(line.y[:40], np.median(record.gradients[0, :120].reshape(40, 3), axis=1))
    assert line.y[40] == record.gradients[0, 120]
    assert layer_lines(inside(steps=60), "gradients")[0][1].y.tolist() == inside(steps=60).gradients[0].tolist()


def points(svg):
    """The points of every drawn line, in order: [(x, y), …]."""
    found = []
    for path in re.findall(r'<path[^>]*\bd="(M [^"]*L [^"]*)"[^>]*style="fill: none[^"]*stroke: var\(--s', svg):
        numbers = [float(word) for word in path.replace("M", " ").replace("L", " ").split()]
        found.append(list(zip(numbers[::2], numbers[1::2], strict=True)))
    return found


def test_a_log_axis_puts_equal_factors_at_equal_distances():
    values = np.array([[1.0, 10.0, 100.0, 1000.0]])
    record = inside(layers=1, steps=4, weights=values)
    (line,) = points(over_steps(DRAWING, [line for _, line in layer_lines(record, "weights")], y="length"))
    heights = np.array([y for _, y in line])
    np.testing.assert_allclose(np.diff(heights), np.diff(heights)[0], atol=0.05)


@pytest.mark.parametrize("broken", [np.nan, np.inf, 0.0])
def test_what_is_no_number_leaves_a_gap(broken):
    values = np.array([[1.0, 3.0, broken, 2.0, 7.0]])
    record = inside(layers=1, steps=5, gradients=values)
    svg = over_steps(DRAWING, [line for _, line in layer_lines(record, "gradients")], y="length")
    assert sum(len(line) for line in points(svg)) == 4
    assert not re.search(r"\b(nan|inf)\b", svg)


def test_a_picture_of_one_epoch_or_of_one_step_is_drawn():
    record = inside(steps=1, epochs=1)
    once = over_epochs(DRAWING, [line for _, line in loss_lines(record)], y="Loss", level=2.3, mark=1)
    assert once.count(">1</text>") == 1
    assert over_steps(DRAWING, [line for _, line in layer_lines(record, "weights")], y="length").startswith("<svg")


def test_equal_records_give_equal_bytes_in_the_colours_of_the_page():
    def draw():
        return over_epochs(DRAWING, [line for _, line in loss_lines(inside())], y="Loss", level=2.3, mark=3)

    assert draw() == draw()
    assert not re.search(r"#[0-9a-fA-F]{6}\b", draw())
    assert "var(--s1)" in draw()


def test_ticks_of_a_log_axis_are_written_as_people_write_them():
    assert [power(value) for value in (1.0, 0.001, 0.02, 5000.0, 1e4, 1e-7, 5e-12, 0.0)] == [
        "1",
        "0.001",
        "0.02",
        "5\u202f000",
        "10⁴",
        "10⁻⁷",
        "5·10⁻¹²",
        "",
    ]


def test_contours_rise_by_equal_factors_from_the_lowest_to_the_highest_loss():
    _, loss = bowl()
    levels = levels_of(loss)
    assert levels[0] == pytest.approx(loss.min())
    assert levels[-1] == pytest.approx(loss.max())
    np.testing.assert_allclose(levels[1:] / levels[:-1], levels[1] / levels[0])
    below = levels_of(loss - 1)
    np.testing.assert_allclose(np.diff(below), np.diff(below)[0])
    assert len(levels_of(np.full((3, 3), 2.0))) == 0
    assert len(levels_of(np.full((3, 3), np.inf))) == 0


def test_the_ground_is_pale_in_the_middle_and_dark_at_the_rim():
    svg = landscape_picture(DRAWING, Landscape(*bowl(), rows=10, seed=0))
    shades = [float(shade) for shade in re.findall(r"fill: var\(--s1\);(?:fill-)?opacity: ([\d.]+)", svg)]
    assert len(shades) >= 8
    assert shades == sorted(shades)
    assert not re.search(r"#[0-9a-fA-F]{6}\b", svg)


def test_the_first_direction_runs_to_the_right():
    along = np.linspace(-1, 1, 11)
    steep = np.exp(4 * along)[:, None] * np.ones((1, 11))  # rises along the first direction only
    svg = landscape_picture(DRAWING, Landscape(along, steep, rows=10, seed=0))
    borders = re.findall(
        r'<path[^>]*\bd="M ([\d.]+) ([\d.]+)[^"]*L ([\d.]+) ([\d.]+)[^"A-Z]*"[^>]*style="fill: none[^"]*var\(--ink\)', svg
    )
    upright = [abs(float(x1) - float(x0)) < 0.1 < abs(float(y1) - float(y0)) for x0, y0, x1, y1 in borders]
    assert upright
    assert all(upright)


@pytest.mark.parametrize("loss", [np.full((3, 3), 2.0), np.full((3, 3), np.inf), np.where(np.eye(3) > 0, np.inf, 1.0)])
def test_flat_ground_and_ground_without_numbers_are_drawn(loss):
    svg = landscape_picture(DRAWING, Landscape(np.array([-1.0, 0.0, 1.0]), loss, rows=1, seed=0))
    assert svg.startswith("<svg")


def test_runs_cover_every_true_cell_once():
    cells = np.random.default_rng(0).random((7, 13)) < 0.4
    seen = np.zeros_like(cells, dtype=int)
    for line, (begin, end) in runs(cells):
        seen[line, begin:end] += 1
    assert np.array_equal(seen, cells.astype(int))


def test_a_stronger_unit_is_darker_and_below_0_is_another_colour():
    values = np.array([[0.0, 1.0, 5.0, 10.0, -10.0]], dtype=np.float32)
    layer = LayerActivations("act", "Tanh", values)
    svg = activations_picture(activations_drawing(layer, "a"), layer)
    blue = [float(shade) for shade in re.findall(r"fill: var\(--s1\);(?:fill-)?opacity: ([\d.]+)", svg)]
    assert blue == [1 / SHADES, 0.5]
    assert len(re.findall(r"fill: var\(--s1\)", svg)) == 3  # the full shade has no opacity written
    assert len(re.findall(r"fill: var\(--s2\)", svg)) == 1


def test_maps_are_averaged_over_squares_and_stay_when_small():
    maps = np.random.default_rng(0).random((2, 3, 28, 28))
    small = shrunk(maps)
    assert small.shape == (2, 3, 14, 14)
    np.testing.assert_allclose(small[1, 2, 3, 4], maps[1, 2, 6:8, 8:10].mean())
    assert shrunk(maps[..., :10, :10]).shape == (2, 3, 10, 10)
    uneven = shrunk(maps[..., :27, :17])
    assert uneven.shape == (2, 3, 14, 9)
    np.testing.assert_allclose(uneven[0, 0, 13, 0], maps[0, 0, 26, 0:2].mean())


@pytest.mark.parametrize("shape", [(1, 1), (6, 64), (2, 12, 28, 28), (1, 1, 1, 1)])
def test_every_form_of_activations_is_drawn_small_and_in_equal_bytes(shape):
    layer = LayerActivations("act", "ReLU", np.random.default_rng(0).normal(size=shape).astype(np.float32))
    drawing = activations_drawing(layer, "a")
    svg = activations_picture(drawing, layer)
    assert svg == activations_picture(drawing, layer)
    assert len(svg) < 300_000  # noise, which has no neighbours to join, is the worst


def test_a_layer_that_gives_nothing_is_drawn_empty():
    layer = LayerActivations("act", "ReLU", np.zeros((2, 5), dtype=np.float32))
    assert "var(--s1)" not in activations_picture(activations_drawing(layer, "a"), layer)
