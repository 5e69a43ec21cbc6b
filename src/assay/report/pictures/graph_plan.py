"""The order in a computational graph before it has sizes: columns, tracks, and how each edge reaches its reader.

Columns by the longest path (Sugiyama, Tagawa & Toda, 1981): an operation stands right of all it reads.  Tracks lie below
one another; on the first one runs the longest path to the loss.
"""

from dataclasses import dataclass
from functools import cached_property

from assay.nets.inside.graph import Graph, Node


@dataclass(frozen=True)
class Plan:
    """Edges are known by their place in the graph; gap c lies before column c.

    column, track: of operations and the loss.  first_reader: of each input, weight and target, the edge to it; the node
    stands in the gap before that reader.  ports: of each operation the edges that arrive on rows of its box, from the top.
    over: the edges that go over the top instead: those that skip columns, and further readers of an input or weight.
    """

    graph: Graph

    @cached_property
    def nodes(self) -> dict[str, Node]:
        return {node.name: node for node in self.graph.nodes}

    @cached_property
    def read(self) -> dict[str, list[int]]:
        """The edges by the node that reads them."""
        found: dict[str, list[int]] = {node.name: [] for node in self.graph.nodes}
        for place, edge in enumerate(self.graph.edges):
            found[edge.target].append(place)
        return found

    @cached_property
    def ports(self) -> dict[str, list[int]]:
        return {name: self._rows(name) for name in self.column}

    @cached_property
    def over(self) -> list[int]:
        rows = {place for ports in self.ports.values() for place in ports}
        return [place for place in range(len(self.graph.edges)) if place not in rows]

    def source(self, place: int) -> str:
        return self.graph.edges[place].source

    def start(self, place: int) -> int:
        """The gap in which the edge leaves its node."""
        name = self.source(place)
        if name in self.column:
            return self.column[name] + 1
        return self.column[self.graph.edges[self.first_reader[name]].target]

    @cached_property
    def column(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for node in self.graph.nodes:  # in the order of computation
            if self.read[node.name]:
                found[node.name] = 1 + max((found.get(self.source(place), -1) for place in self.read[node.name]), default=-1)
        return found

    @cached_property
    def track(self) -> dict[str, int]:
        """0 on the longest path to the loss, else the first one whose column is free, that of the node before if possible."""
        name: str | None = self.graph.nodes[-1].name
        tracks: dict[str, int] = {}
        while name is not None:
            tracks[name] = 0
            before = [self.source(place) for place in self.read[name] if self.source(place) in self.column]
            name = max(before, key=self.column.__getitem__, default=None)
        taken = {(self.column[name], 0) for name in tracks}
        for name in sorted(self.column, key=self.column.__getitem__):
            if name in tracks:
                continue
            wished = [tracks[self.source(place)] for place in self.read[name] if tracks.get(self.source(place), 0)]
            free = (track for track in [*wished, *range(1, len(self.column) + 1)] if (self.column[name], track) not in taken)
            tracks[name] = next(free)
            taken.add((self.column[name], tracks[name]))
        return tracks

    @cached_property
    def first_reader(self) -> dict[str, int]:
        found: dict[str, int] = {}
        by_column = sorted(range(len(self.graph.edges)), key=lambda place: self.column[self.graph.edges[place].target])
        for place in by_column:
            if self.source(place) not in self.column:
                found.setdefault(self.source(place), place)
        return found

    def _rows(self, name: str) -> list[int]:
        """The edges that arrive on rows of this operation, from the top: the track's own, inputs, other tracks', weights."""
        ranked: list[tuple[int, int]] = []
        straight = False
        for place in self.read[name]:
            source = self.source(place)
            if source not in self.column:
                if self.first_reader[source] == place:
                    ranked.append((1 if self.nodes[source].kind == "input" else 3, place))
            elif self.column[source] == self.column[name] - 1:
                if self.track[source] == self.track[name] and not straight:
                    straight = True
                    ranked.append((0, place))
                elif self.track[source] != self.track[name]:
                    ranked.append((2, place))
        return [place for _, place in sorted(ranked)]

    def end(self, place: int) -> int:
        """The column at which the edge arrives."""
        return self.column[self.graph.edges[place].target]

    def given_before(self, column: int) -> list[Node]:
        """Inputs, weights and targets that stand in the gap before this column."""
        return [self.nodes[name] for name, place in self.first_reader.items() if self.end(place) == column]

    def may_cut(self, column: int) -> bool:
        """Whether the picture may go on in a new line before this column: only plain edges to it cross the gap."""
        for place, edge in enumerate(self.graph.edges):
            crosses = edge.source in self.column and self.column[edge.source] < column <= self.column[edge.target]
            is_over = place in self.over and self.start(place) <= column <= self.column[edge.target]
            if is_over or (crosses and self.track[edge.source] != self.track[edge.target]):
                return False
        return True
