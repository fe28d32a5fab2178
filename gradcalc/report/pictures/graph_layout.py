"""What a picture of a graph shows, and where its nodes and labels are placed.

Every link gets a place for its label between the layers of its ends, and corners where it
passes layers, so that nothing lies on anything else. Layers are longest paths, the order
within a layer is that of fewest crossings met while sorting by barycentres, heights are
least squares under minimal distances. Cost grows with nodes and corners, which are bounded.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import fsum

MOST_PARTS = 12_000
SWEEPS = 10
STRAIGHT = 9.0

Size = tuple[float, float]
"""Width and height of what is to be placed."""
Joint = tuple[int, int, Size]
"""A link: numbers of its source and target, and the size of its label."""


@dataclass(frozen=True)
class Spot:
    """One node.

    kind: data, weight, line, loss, end, unit, bias, or more (for units left out).
    label: its name; formula: what it computes, or its value; full: all of it in words.
    """

    key: str
    label: str
    kind: str
    formula: str = ""
    full: str = ""


@dataclass(frozen=True)
class Link:
    """One edge, from what is read to what reads it.

    value: above it; gradient: below it; local: on it, what the gradient of the reader is
    multiplied by on the way back; full: value and gradient without abbreviation.
    value_rows, gradient_rows: matrices row by row, for pictures that have room for them.
    """

    source: str
    target: str
    value: str = ""
    gradient: str = ""
    local: str = ""
    full: str = ""
    value_rows: tuple[str, ...] = ()
    gradient_rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class Picture:
    """A graph to be drawn: sources come before what reads them.

    note: what holds for each edge; above: what stands above it, a value or a shape.
    """

    title: str
    spots: tuple[Spot, ...]
    links: tuple[Link, ...]
    note: str = ""
    above: str = ""

    @property
    def legend(self) -> str:
        """Return what stands where, for pictures in which it does."""
        if not self.above:
            return ""
        return (
            f"Above each edge stands the {self.above}, below it the gradient, on it the local "
            "derivative."
        )

    @property
    def numbers(self) -> dict[str, int]:
        """Return the place of each node in `spots`."""
        return {spot.key: at for at, spot in enumerate(self.spots)}


class TooLargeError(ValueError):
    """A graph with more parts than a picture has room for."""


@dataclass
class Placed:
    """What stands in a layer: a node, the label of a link, or a corner of a link."""

    layer: int
    wide: float
    high: float
    before: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0
    corner: bool = False
    chain: tuple[int, ...] = ()


@dataclass(frozen=True)
class GraphLayout:
    """Places of all parts; nodes come first, in the order in which they were given.

    routes: for each link the numbers of its parts from source to target; labels: which
    part is its label. columns: left and right end of each layer.
    """

    parts: tuple[Placed, ...]
    layers: tuple[tuple[int, ...], ...]
    routes: tuple[tuple[int, ...], ...]
    labels: tuple[int, ...]
    columns: tuple[tuple[float, float], ...]
    wide: float
    high: float


def ranks(count: int, links: Sequence[Joint]) -> list[int]:
    """Return the layer of each node: its longest path, sources close to their first reader.

    Links lead from lower to higher numbers.
    """
    found = [0] * count
    incoming = [False] * count
    for source, target, _ in sorted(links, key=lambda link: link[1]):
        found[target] = max(found[target], found[source] + 1)
        incoming[target] = True
    first: dict[int, int] = {}
    for source, target, _ in links:
        first[source] = min(first.get(source, found[target]), found[target])
    for node, layer in first.items():
        if not incoming[node]:
            found[node] = layer - 1
    return found


def layered(
    nodes: Sequence[Size], links: Sequence[Joint], gaps: Sequence[float] | float, apart: float
) -> GraphLayout:
    """Return the places of nodes and labels.

    gaps: between layers, one for all or one after each layer; apart: least distance of two
    parts of a layer. Raises TooLargeError.
    """
    parts, routes, labels = _parts(nodes, links)
    layers: list[list[int]] = [[] for _ in range(1 + max(part.layer for part in parts))]
    for number, part in enumerate(parts):
        layers[part.layer].append(number)
    layers = _ordered(parts, layers)
    _heights(parts, layers, apart)
    _straighten(parts, layers, apart)
    columns = []
    x = 0.0
    for number, layer in enumerate(layers):
        wide = max((parts[part].wide for part in layer), default=0.0)
        columns.append((x, x + wide))
        for place in layer:
            parts[place].x = x + wide / 2
        gap = gaps if isinstance(gaps, float | int) else gaps[min(number, len(gaps) - 1)]
        x += wide + gap
    top = min(part.y - part.high / 2 for part in parts)
    for part in parts:
        part.y -= top
    high = max(part.y + part.high / 2 for part in parts)
    return GraphLayout(
        tuple(parts),
        tuple(map(tuple, layers)),
        tuple(routes),
        tuple(labels),
        tuple(columns),
        columns[-1][1],
        high,
    )


def _parts(
    nodes: Sequence[Size], links: Sequence[Joint]
) -> tuple[list[Placed], list[tuple[int, ...]], list[int]]:
    """Return nodes, corners and labels, each joined to what comes before and after it."""
    layer_of = ranks(len(nodes), links) if len(links) <= MOST_PARTS else []
    length = sum(2 * (layer_of[t] - layer_of[s]) - 1 for s, t, _ in links) if layer_of else 0
    if len(nodes) + length > MOST_PARTS or len(links) > MOST_PARTS:
        raise TooLargeError(f"{len(nodes)} nodes and {len(links)} edges")
    parts = [Placed(2 * layer, *size) for layer, size in zip(layer_of, nodes, strict=True)]
    routes, labels = [], []
    for source, target, size in links:
        route = [source]
        for layer in range(parts[source].layer + 1, parts[target].layer):
            label = layer == parts[target].layer - 1
            route.append(len(parts))
            parts.append(Placed(layer, *(size if label else (0.0, 1.0)), corner=not label))
        labels.append(route[-1])
        route.append(target)
        for before, after in itertools.pairwise(route):
            parts[before].after.append(after)
            parts[after].before.append(before)
        corners = tuple(number for number in route[1:-1] if parts[number].corner)
        for number in corners:
            parts[number].chain = corners
        routes.append(tuple(route))
    return parts, routes, labels


def _ordered(parts: list[Placed], layers: list[list[int]]) -> list[list[int]]:
    """Return the layers in the order of fewest crossings that sweeps to and fro come upon."""
    best, least = [list(layer) for layer in layers], _crossings(parts, layers)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for layer in layers if forward else reversed(layers):
            at = {
                part: place
                for near in _beside(parts, layers, layer)
                for place, part in enumerate(near)
            }
            mean: dict[int, float] = {}
            for place, part in enumerate(layer):
                joined = parts[part].before if forward else parts[part].after
                found = [at[other] for other in joined]
                mean[part] = sum(found) / len(found) if found else float(place)
            layer.sort(key=mean.__getitem__)
        count = _crossings(parts, layers)
        if count < least:
            best, least = [list(layer) for layer in layers], count
        if not least:
            break
    return best


def _beside(parts: list[Placed], layers: list[list[int]], layer: list[int]) -> list[list[int]]:
    """Return the layers on both sides of one."""
    number = parts[layer[0]].layer if layer else 0
    return [layers[n] for n in (number - 1, number + 1) if layer and 0 <= n < len(layers)]


def _crossings(parts: list[Placed], layers: list[list[int]]) -> int:
    """Return how many pairs of links cross between neighbouring layers (Barth et al. 2002)."""
    total = 0
    for layer, following in itertools.pairwise(layers):
        place = {part: at for at, part in enumerate(following)}
        ends = [end for part in layer for end in sorted(place[a] for a in parts[part].after)]
        tree = [0] * (len(following) + 1)
        for seen, end in enumerate(ends):
            at, before = end + 1, 0
            while at:
                before += tree[at]
                at -= at & -at
            total += seen - before
            at = end + 1
            while at < len(tree):
                tree[at] += 1
                at += at & -at
    return total


def _heights(parts: list[Placed], layers: list[list[int]], apart: float) -> None:
    """Set the heights: each part close to what it is joined to, links as straight as can be."""
    for layer in layers:
        y = 0.0
        for number in layer:
            parts[number].y = y + parts[number].high / 2
            y += parts[number].high + apart
        for number in layer:
            parts[number].y -= (y - apart) / 2
    for sweep in range(4 * SWEEPS):
        both = sweep >= SWEEPS
        forward = sweep % 2 == 0
        for layer in layers if forward else reversed(layers):
            wanted = []
            for number in layer:
                part = parts[number]
                near = part.before + part.after if both else part.before if forward else part.after
                mean = fsum(parts[n].y for n in near) / len(near) if near else part.y
                if both and len(part.chain) > 1:
                    level = fsum(parts[n].y for n in part.chain) / len(part.chain)
                    mean = (mean + STRAIGHT * level) / (1 + STRAIGHT)
                wanted.append(mean)
            for number, y in zip(layer, _apart(parts, layer, wanted, apart), strict=True):
                parts[number].y = y


def _straighten(parts: list[Placed], layers: list[list[int]], apart: float) -> None:
    """Put all corners of a link at one height where its neighbours leave room for it."""
    place = {part: at for layer in layers for at, part in enumerate(layer)}
    chains = dict.fromkeys(part.chain for part in parts if len(part.chain) > 1)
    for chain in chains:
        lowest, highest = float("-inf"), float("inf")
        for number in chain:
            part = parts[number]
            layer = layers[part.layer]
            if place[number]:
                above = parts[layer[place[number] - 1]]
                lowest = max(lowest, above.y + (above.high + part.high) / 2 + apart)
            if place[number] + 1 < len(layer):
                below = parts[layer[place[number] + 1]]
                highest = min(highest, below.y - (below.high + part.high) / 2 - apart)
        if lowest <= highest:
            mean = fsum(parts[number].y for number in chain) / len(chain)
            for number in chain:
                parts[number].y = min(max(mean, lowest), highest)


def _apart(parts: list[Placed], layer: list[int], wanted: list[float], apart: float) -> list[float]:
    """Return heights closest to the wanted ones that keep their distances.

    Least squares by pooling adjacent violators, after the distances are taken out.
    """
    offsets, offset = [], 0.0
    for at, number in enumerate(layer):
        if at:
            offset += (parts[layer[at - 1]].high + parts[number].high) / 2 + apart
        offsets.append(offset)
    pools: list[tuple[float, int]] = []
    for y, offset in zip(wanted, offsets, strict=True):
        total, count = y - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            before, members = pools.pop()
            total, count = total + before, count + members
        pools.append((total, count))
    means = [total / count for total, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]
