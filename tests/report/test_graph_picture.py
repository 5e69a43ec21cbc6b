"""The picture of a computational graph: where things stand, which way arrows point, and that nothing lies on anything else."""

import re
import shutil
import subprocess
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest
import torch
from torch import nn

from assay.nets.blocks import dense_stack
from assay.nets.image.picture_net import PictureSpec
from assay.nets.inside.graph import Edge, Graph, Node, Numbers
from assay.nets.inside.tracing import computational_graph
from assay.nets.seeding import isolated, threads
from assay.report.pictures.graph import graph_drawing, graph_picture
from assay.report.pictures.graph_layout import layout
from assay.report.pictures.graph_parts import Layout, number_lines, shape_text
from assay.report.pictures.ranks import standalone


class Residual(nn.Module):
    """Skips within skips, a tensor read twice by one function, and a layer used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.last = nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.one(x)
        g = h + torch.relu(self.two(torch.tanh(h)))
        return self.last((g + self.two(h)) * g * g)


class Towers(nn.Module):
    """Two ways from one input, of different lengths."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.o = nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.o(torch.cat([torch.tanh(self.a(x)), torch.sigmoid(torch.relu(self.b(x)))], dim=1))


def squared_error(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return torch.square(output.flatten() - target)


def cross_entropy(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return nn.functional.cross_entropy(output, target, reduction="none")


@pytest.fixture(scope="module")
def graphs() -> dict[str, Graph]:
    with isolated(0), threads(1):
        x, y = torch.randn(1, 2), torch.randn(1)
        pictures, labels = torch.randint(0, 256, (2, 1, 32, 32), dtype=torch.uint8), torch.tensor([1, 2])
        return {
            "small": computational_graph(dense_stack((2, 3, 1), "tanh", 0.0), (x,), y, squared_error),
            "batch": computational_graph(
                dense_stack((2, 3, 1), "relu", 0.0, "batch"), (torch.randn(4, 2),), torch.randn(4), squared_error
            ),
            "deep": computational_graph(dense_stack((2, *(3,) * 8, 1), "elu", 0.0), (x,), y, squared_error),
            "residual": computational_graph(Residual(), (x,), y, squared_error),
            "towers": computational_graph(Towers(), (x,), y, squared_error),
            "lenet": computational_graph(PictureSpec("lenet5", 10, 1, 32).build(), (pictures,), labels, cross_entropy),
        }


ALL = ("small", "batch", "deep", "residual", "towers", "lenet")


def sides(placed: Layout) -> dict[str, tuple[float, float]]:
    return {box.node.name: (box.area.left, box.area.right) for box in placed.boxes}


@pytest.mark.parametrize("name", ALL)
def test_no_box_or_label_lies_on_another_one(graphs, name):
    placed = layout(graphs[name])
    areas = [(box.node.name, box.area) for box in placed.boxes]
    areas += [(f"{path.edge.source} → {path.edge.target}", label.area) for path in placed.paths for label in path.labels]
    assert [(a, b) for (a, one), (b, other) in combinations(areas, 2) if one.overlaps(other)] == []


@pytest.mark.parametrize("name", ALL)
def test_everything_stands_inside_the_picture_and_every_node_once(graphs, name):
    placed = layout(graphs[name])
    areas = [box.area for box in placed.boxes] + [label.area for path in placed.paths for label in path.labels]
    points = [point for path in placed.paths for point in (*path.forward, *path.backward)]
    points += [corner for area in areas for corner in ((area.left, area.top), (area.right, area.bottom))]
    rounding = 1e-9
    assert [(x, y) for x, y in points if not -rounding <= x <= placed.width + rounding] == []
    assert [(x, y) for x, y in points if not -rounding <= y <= placed.height + rounding] == []
    assert sorted(box.node.name for box in placed.boxes) == sorted(node.name for node in graphs[name].nodes)


@pytest.mark.parametrize("name", ALL)
def test_values_go_from_giver_to_reader_and_gradients_the_other_way(graphs, name):
    placed = layout(graphs[name])
    where = sides(placed)
    drawn = [path for path in placed.paths if not path.is_stub]
    assert sorted(map(repr, (path.edge for path in drawn))) == sorted(map(repr, graphs[name].edges))
    for path in drawn:
        left, right = where[path.edge.source][1], where[path.edge.target][0]
        continued = path.forward[0][0] == 0.0
        assert path.forward[-1][0] == pytest.approx(right)
        assert continued or path.forward[0][0] == pytest.approx(left)
        assert path.forward[0][0] < path.forward[-1][0]
        assert bool(path.backward) == (path.edge.gradient is not None)
        if path.backward:
            assert path.backward[0][0] == pytest.approx(right)
            assert path.backward[-1][0] == pytest.approx(path.forward[0][0])
    stubs = {path.edge for path in placed.paths if path.is_stub}
    assert stubs == {path.edge for path in drawn if path.forward[0][0] == 0.0}


@pytest.mark.parametrize("name", ["small", "residual", "towers"])
def test_arrows_go_around_boxes_and_not_through_them(graphs, name):
    placed = layout(graphs[name])
    for path in placed.paths:
        for points in (path.forward, path.backward):
            for (x0, y0), (x1, y1) in pairwise(points):
                for box in placed.boxes:
                    inside_x = max(min(x0, x1), box.area.left) < min(max(x0, x1), box.area.right) - 1e-9 or (
                        x0 == x1 and box.area.left < x0 < box.area.right
                    )
                    inside_y = max(min(y0, y1), box.area.top) < min(max(y0, y1), box.area.bottom) - 1e-9 or (
                        y0 == y1 and box.area.top < y0 < box.area.bottom
                    )
                    assert not (inside_x and inside_y), (path.edge.source, path.edge.target, box.node.name)


@pytest.mark.parametrize("name", ["small", "residual", "towers"])
def test_an_operation_stands_right_of_all_it_reads(graphs, name):
    where = sides(layout(graphs[name], widest=1000.0))
    assert all(where[edge.source][1] < where[edge.target][0] for edge in graphs[name].edges)


def test_a_long_chain_goes_on_in_the_next_line_and_a_skip_is_never_cut(graphs):
    whole, broken = layout(graphs["deep"], widest=1000.0), layout(graphs["deep"])
    assert broken.width < 15 < whole.width
    assert broken.height > 2 * whole.height
    assert not [path for path in layout(graphs["residual"], widest=1.0).paths if path.is_stub and path.edge.source == "one"]


def texts(svg: bytes | str) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.fromstring(svg).iter() if text.tag.endswith("text")]


def test_every_number_of_a_2_3_1_net_can_be_read_off_the_picture(graphs):
    graph = graphs["small"]
    drawing = graph_drawing(graph, "net", "2-3-1")
    shown = texts(graph_picture(drawing, graph))
    for edge in graph.edges:
        assert set(number_lines(edge.value)) <= set(shown)
        assert edge.gradient is None or set(number_lines(edge.gradient)) <= set(shown)
    assert {"0.weight", "0.bias", "2.weight", "2.bias", "tanh", "linear", "squared error"} <= set(shown)
    assert {"forward: values", "backward: gradients of the loss"} <= set(shown)


def test_gradients_are_told_from_values_by_more_than_colour(graphs):
    graph = graphs["small"]
    svg = str(graph_picture(graph_drawing(graph, "net", "2-3-1"), graph))
    values = re.findall(r'style="[^"]*stroke: ?var\(--s1\)[^"]*"', svg)
    gradients = re.findall(r'style="[^"]*stroke: ?var\(--s2\)[^"]*"', svg)
    assert len(values) == len(graph.edges) + 1  # and one in the legend
    assert len(gradients) == sum(edge.gradient is not None for edge in graph.edges) + 1
    assert all("dasharray" in style for style in gradients)
    assert not any("dasharray" in style for style in values)


def test_it_says_itself_aloud_and_equal_graphs_have_equal_bytes(graphs):
    graph = graphs["small"]
    drawing = graph_drawing(graph, "net", "2-3-1")
    svg = graph_picture(drawing, graph)
    root = ElementTree.fromstring(svg)
    assert root.findtext("title") == "Computational graph, 2-3-1"
    assert "0 = x · 0.weightᵀ + 0.bias; 1 = tanh(0)" in root.findtext("desc")
    assert svg == graph_picture(graph_drawing(graph, "net", "2-3-1"), graph)


def test_a_hostile_name_is_text_and_never_markup(hostile_text):
    one = Numbers((), 1.0, (1.0,))
    nodes = (
        Node(hostile_text, "parameter", "", "", one, one),
        Node("loss", "loss", hostile_text, hostile_text, one, one),
    )
    graph = Graph(nodes, (Edge(hostile_text, "loss", one, one),), 1.0)
    root = ElementTree.fromstring(graph_picture(graph_drawing(graph, "net", hostile_text), graph))
    assert [element.tag for element in root.iter() if element.tag in ("script", "img")] == []


@pytest.mark.parametrize(
    ("shape", "entries", "lines"),
    [
        ((2, 2), (1.5, -2.0, 0.25, 4.0), ["1.500 −2.000", "0.250 4.000"]),
        ((1, 3), (1.0, 0.0, 2.0), ["1 0 2"]),
        ((6,), (0.1, 0.2, 0.3, 0.4, 0.5, 0.6), ["0.100 0.200 0.300 0.400", "0.500 0.600"]),
        ((2,), (3e-8, 0.5), ["0.000 0.500"]),
        ((2,), (3e-8, -2e-9), ["3e−08 −2e−09"]),
        ((), (0.123456,), ["0.123"]),
        ((0,), (), ["empty"]),
    ],
)
def test_small_tensors_are_written_row_by_row(shape, entries, lines):
    assert [" ".join(line.split()) for line in number_lines(Numbers(shape, 1.0, entries))] == lines


def test_large_tensors_are_written_as_their_norm():
    assert number_lines(Numbers((40, 3), 12.3456, None)) == ("norm 12.35",)
    assert shape_text((40, 3)) == "40 × 3"
    assert shape_text(()) == "a number"


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_in_a_browser_no_text_is_wider_than_the_room_it_was_given(graphs, tmp_path):
    graph = graphs["batch"]
    page = tmp_path / "page.html"
    svg = standalone(graph_picture(graph_drawing(graph, "net", "batch"), graph)).decode().partition("?>")[2]
    script = """<script>addEventListener('load', () => { document.title = [...document.querySelectorAll('text')]
        .map(t => t.textContent + '|' + t.getBBox().width / 72).join('\\n'); })</script>"""
    page.write_text(f"<meta charset=utf-8><body>{svg}{script}", encoding="utf-8")
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
    quiet = ("--disable-background-networking", "--disable-component-update", f"--user-data-dir={tmp_path / 'profile'}")
    dump = subprocess.run(["chromium", *flags, *quiet, "--dump-dom", page.as_uri()], capture_output=True, timeout=120, check=True)
    measured = re.search(r"<head>.*<title>(.*?)</title>", dump.stdout.decode(), re.S)
    widths = {line.rpartition("|")[0]: float(line.rpartition("|")[2]) for line in measured[1].splitlines()}
    rooms = {text: label.area for path in layout(graph).paths for label in path.labels for text in label.texts}
    rooms |= {text: box.area for box in layout(graph).boxes for text in box.texts}
    found = {text: (widths[text], area.right - area.left) for text, area in rooms.items() if text in widths}
    assert len(found) > 20
    assert {text: pair for text, pair in found.items() if pair[0] > pair[1] + 0.1} == {}
