"""Where the nodes, edges and numbers of a computational graph stand on a picture, in inches from its upper left corner.

An operation is as tall as it has inputs, so that each arrives on a row of its own; inputs, weights and targets stand in
the gap before their first reader; what skips columns goes over the top (see graph_plan).  So no label ever lies on a box
or on another label.  A long chain is broken into lines, as text is.
"""

from dataclasses import dataclass
from functools import cached_property

from assay.nets.inside.graph import Edge, Graph, Node
from assay.report.pictures.graph_parts import (
    AIR,
    BOX_PAD,
    CHARACTER,
    LINE,
    SPLIT,
    TURN,
    Area,
    Box,
    Layout,
    Path,
    labels_at,
    number_lines,
    shape_text,
    two_arrows,
)
from assay.report.pictures.graph_plan import Plan


def layout(graph: Graph, *, widest: float = 13.0) -> Layout:
    """widest: inches after which the picture goes on in a new line, where the graph can be cut there."""
    plan = Plan(graph)
    boxes: list[Box] = []
    paths: list[Path] = []
    top = width = 0.0
    lines = _lines(plan, widest)
    for place, columns in enumerate(lines):
        line = _Line(plan, columns, top, is_last=place == len(lines) - 1)
        boxes += line.boxes()
        paths += line.paths()
        top, width = line.bottom + (0 if line.is_last else 2 * AIR), max(width, line.right)
    return Layout(tuple(boxes), tuple(paths), width, top)


def _lines(plan: Plan, widest: float) -> list[list[int]]:
    """The columns of each line of the picture. A cut may go through edges to the next column of the same track, no others."""
    lines: list[list[int]] = [[]]
    used = 0.0
    for column in range(max(plan.column.values()) + 1):
        size = _gap(plan, column).width + _column_width(plan, column)
        if lines[-1] and used + size > widest and plan.may_cut(column):
            lines.append([])
            used = 0.0
        lines[-1].append(column)
        used += size
    return lines


def _box_texts(node: Node) -> tuple[str, ...]:
    if node.kind == "loss":
        return (node.operation, f"L = {number_lines(node.value)[0]}")
    if node.kind == "operation":
        own = () if node.name.partition("-")[0] == node.operation else (node.name,)
        return (node.operation.replace("_", " "), *own, shape_text(node.value.shape))
    return (node.name, shape_text(node.value.shape))


def _box_size(node: Node) -> tuple[float, float]:
    texts = _box_texts(node)
    return max(map(len, texts)) * CHARACTER + 2 * BOX_PAD, len(texts) * LINE + 2 * BOX_PAD * 0.7


def _label_width(edge: Edge) -> float:
    texts = [*number_lines(edge.value), *(number_lines(edge.gradient) if edge.gradient is not None else ())]
    return max(map(len, texts)) * CHARACTER


def _column_width(plan: Plan, column: int) -> float:
    return max(_box_size(plan.nodes[name])[0] for name, at in plan.column.items() if at == column)


@dataclass(frozen=True, slots=True)
class _Gap:
    """Widths within the gap before a column, left to right: what leaves upward from an operation, the boxes of inputs, weights
    and targets, what leaves upward from these or changes its track, the labels, what arrives from above.
    """

    leaving: float
    given: float
    turning: float
    labels: float
    arriving: float

    @property
    def width(self) -> float:
        return self.leaving + self.given + self.turning + self.labels + self.arriving


def _gap(plan: Plan, column: int) -> _Gap:
    edges = plan.graph.edges
    given = max((_box_size(node)[0] for node in plan.given_before(column)), default=0.0)
    ends = [name for name, at in plan.column.items() if at == column]
    labels = [_label_width(edges[place]) for name in ends for place in plan.ports[name]]
    over = [_label_width(edges[p]) for p in plan.over if plan.start(p) == column == plan.end(p)]
    leaving = [plan.source(p) in plan.column for p in plan.over if plan.start(p) == column]
    arriving = sum(plan.end(p) == column for p in plan.over)
    return _Gap(
        (1 + sum(leaving)) * TURN,
        given,
        (2 + len(leaving) - sum(leaving)) * TURN,
        max([0.3, *labels, *over]),
        (1 + arriving) * TURN,
    )


@dataclass(frozen=True)
class _Line:
    """One line of the picture: the places of its columns, rows and lanes, and from these its boxes and paths."""

    plan: Plan
    columns: list[int]
    top: float
    is_last: bool

    @cached_property
    def names(self) -> list[str]:
        return [name for name, column in self.plan.column.items() if column in self.columns]

    @cached_property
    def gap(self) -> dict[int, float]:
        """The left end of the gap before each column."""
        left, x = {}, 0.0
        for column in self.columns:
            left[column] = x
            x += _gap(self.plan, column).width + _column_width(self.plan, column)
        return left

    @cached_property
    def box_left(self) -> dict[int, float]:
        return {column: x + _gap(self.plan, column).width for column, x in self.gap.items()}

    @property
    def right(self) -> float:
        last = self.columns[-1]
        return self.box_left[last] + _column_width(self.plan, last) + (0.0 if self.is_last else 0.35)

    @property
    def bottom(self) -> float:
        return self._rows[1]

    @property
    def lane(self) -> dict[int, float]:
        return self._lanes[0]

    @cached_property
    def _lanes(self) -> tuple[dict[int, float], float]:
        """y of each edge that goes over the top, the shorter the lower, and where the rows begin; no two share a stretch."""
        edges = [place for place in self.plan.over if self.plan.end(place) in self.columns]
        edges.sort(key=lambda place: self.plan.end(place) - self.plan.start(place))
        lanes: list[list[int]] = []
        for place in edges:
            span = range(self.plan.start(place), self.plan.end(place) + 1)
            fits = (lane for lane in lanes if not any(set(span) & set(self._span(other)) for other in lane))
            lane = next(fits, None)
            if lane is None:
                lanes.append([place])
            else:
                lane.append(place)
        heights, y = {}, self.top
        for lane in reversed(lanes):
            above = max(len(number_lines(self.plan.graph.edges[place].value)) for place in lane)
            below = max(_below(self.plan.graph.edges[place]) for place in lane)
            y += above * LINE + 2 * SPLIT
            heights.update(dict.fromkeys(lane, y))
            y += below * LINE + 2 * SPLIT + AIR
        return heights, y

    def _span(self, place: int) -> range:
        return range(self.plan.start(place), self.plan.end(place) + 1)

    @cached_property
    def _rows(self) -> tuple[dict[tuple[int, int], float], float]:
        """y of every row of every track, and the lower end of the line."""
        plan, rows, y = self.plan, {}, self._lanes[1]
        for track in sorted({plan.track[name] for name in self.names}):
            names = [name for name in self.names if plan.track[name] == track]
            for row in range(max(1, *(len(plan.ports[name]) for name in names))):
                places = [plan.ports[name][row] for name in names if row < len(plan.ports[name])]
                edges = [plan.graph.edges[place] for place in places]
                half = [_box_size(plan.nodes[edge.source])[1] / 2 for edge in edges]
                if row == 0:
                    half += [self._above(name) for name in names]
                above = max([0.0, *(len(number_lines(edge.value)) for edge in edges)]) * LINE + 2 * SPLIT
                below = max([0, *map(_below, edges)]) * LINE + 2 * SPLIT
                y += max(above, *half, 0.1)
                rows[track, row] = y
                y += max(below, *half, 0.1) + AIR
            y += AIR
        return rows, y - 2 * AIR

    def y(self, name: str, row: int = 0) -> float:
        return self._rows[0][self.plan.track[name], row]

    def right_of(self, name: str) -> float:
        return self.area(name).right

    def area(self, name: str) -> Area:
        plan, node = self.plan, self.plan.nodes[name]
        width, height = _box_size(node)
        if name in plan.column:
            column = plan.column[name]
            last = self.y(name, max(0, len(plan.ports[name]) - 1))
            left = self.box_left[column]
            high = 0.12 if len(plan.ports[name]) > 1 else height / 2
            return Area(
                left,
                self.y(name) - self._above(name),
                left + _column_width(plan, column),
                max(last + high, self.y(name) + height / 2),
            )
        place = plan.first_reader[name]
        reader = plan.graph.edges[place].target
        y = self.y(reader, plan.ports[reader].index(place))
        gap = _gap(plan, plan.column[reader])
        right = self.gap[plan.column[reader]] + gap.leaving + gap.given
        return Area(right - width, y - height / 2, right, y + height / 2)

    def _above(self, name: str) -> float:
        """How far the box of an operation reaches above its first row: room for what arrives from above."""
        arriving = sum(self.plan.graph.edges[place].target == name for place in self.plan.over)
        return max(_box_size(self.plan.nodes[name])[1] / 2, arriving * 3 * TURN)

    def boxes(self) -> list[Box]:
        given = [node.name for column in self.columns for node in self.plan.given_before(column)]
        return [Box(self.plan.nodes[name], self.area(name), _box_texts(self.plan.nodes[name])) for name in (*self.names, *given)]

    def paths(self) -> list[Path]:
        found = []
        for name in self.names:
            found += [self._to_row(place, row) for row, place in enumerate(self.plan.ports[name])]
        over = [place for place in self.plan.over if place in self.lane]
        found += [self._over(place) for place in over]
        if not self.is_last:
            found += self._stubs()
        return found

    def _stubs(self) -> list[Path]:
        """What goes on in the next line leaves the last column of this one."""
        stubs = []
        for edge in self.plan.graph.edges:
            if self.plan.column.get(edge.source) == self.columns[-1]:
                y, left = self.y(edge.source), self.right_of(edge.source)
                forward = ((left, y - SPLIT), (self.right, y - SPLIT))
                backward = ((self.right, y + SPLIT), (left, y + SPLIT))
                stubs.append(Path(edge, forward, backward if edge.gradient is not None else (), is_stub=True))
        return stubs

    def _to_row(self, place: int, row: int) -> Path:
        plan, edge = self.plan, self.plan.graph.edges[place]
        column = plan.column[edge.target]
        y, end = self.y(edge.target, row), self.box_left[column]
        gap = _gap(plan, column)
        labels = labels_at(edge, end - gap.arriving - gap.labels / 2, y)
        continues = plan.column.get(edge.source, column) < self.columns[0]
        start = 0.0 if continues else self.right_of(edge.source)
        begin = y if continues else self.y(edge.source) if edge.source in plan.column else y
        if begin == y:
            return two_arrows(edge, [(start, y), (end, y)], labels)
        turn = end - gap.arriving - gap.labels - 0.5 * TURN
        return two_arrows(edge, [(start, begin), (turn, begin), (turn, y), (end, y)], labels)

    def _over(self, place: int) -> Path:
        """Out of the box, up to its lane, along it, and down to the reader; what starts or ends in one gap stands apart."""
        plan, edge, lane = self.plan, self.plan.graph.edges[place], self.lane[place]
        column, first, is_given = plan.column[edge.target], plan.start(place), edge.source not in plan.column
        starting = [p for p in plan.over if plan.start(p) == first and (plan.source(p) not in plan.column) == is_given]
        ending = [p for p in plan.over if plan.end(p) == column]
        same = [p for p in ending if plan.graph.edges[p].target == edge.target]
        own, gap = self.area(edge.source), _gap(plan, first)
        leaves = self.gap[first] + (gap.leaving + gap.given if is_given else 0.0) + (starting.index(place) + 0.9) * TURN
        begin = (own.top + own.bottom) / 2 if is_given else self.y(edge.source)
        end = self.box_left[column]
        arrives = end - (ending.index(place) + 1.1) * TURN
        y = self.y(edge.target) - (same.index(place) + 0.5) * 3 * TURN
        labels = labels_at(edge, (leaves + arrives) / 2, lane)
        points = [(own.right, begin), (leaves, begin), (leaves, lane), (arrives, lane), (arrives, y), (end, y)]
        return two_arrows(edge, points, labels)


def _below(edge: Edge) -> int:
    return 0 if edge.gradient is None else len(number_lines(edge.gradient))
