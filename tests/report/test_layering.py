"""The layout of graphs: nothing on anything, edges to the right, the same every time."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.report.pictures.graph_layout import TooLargeError, _crossings, layered, ranks
from tests.hangs import bounded


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[tuple[float, float]], list]:
    count = draw(st.integers(2, 14))
    sizes = st.tuples(st.sampled_from([10.0, 40.0, 90.0]), st.sampled_from([10.0, 40.0]))
    nodes = [draw(sizes) for _ in range(count)]
    pairs = draw(
        st.lists(
            st.tuples(st.integers(0, count - 2), st.integers(1, count - 1)),
            max_size=25,
            unique=True,
        )
    )
    links = [(a, b, draw(sizes)) for a, b in pairs if a < b]
    return nodes, links


@given(graphs())
def test_parts_do_not_touch_and_edges_lead_right(graph: tuple[list, list]) -> None:
    nodes, links = graph
    layout = layered(nodes, links, 20.0, 8.0)
    for layer in layout.layers:
        for a, b in pairwise(layer):
            first, second = layout.parts[a], layout.parts[b]
            assert second.y - first.y >= (first.high + second.high) / 2 + 8.0 - 1e-6
    for (left, right), (start, _) in pairwise(layout.columns):
        assert right >= left and start - right == pytest.approx(20.0)
    for route, (source, target, _) in zip(layout.routes, links, strict=True):
        assert (route[0], route[-1]) == (source, target)
        assert [layout.parts[n].layer for n in route] == list(
            range(layout.parts[source].layer, layout.parts[target].layer + 1)
        )
    for label, (*_, size) in zip(layout.labels, links, strict=True):
        assert (layout.parts[label].wide, layout.parts[label].high) == size
    assert layered(nodes, links, 20.0, 8.0) == layout


@given(graphs())
def test_crossings_are_counted_as_by_hand(graph: tuple[list, list]) -> None:
    layout = layered(*graph, 20.0, 8.0)
    parts = list(layout.parts)
    layers = [list(layer) for layer in layout.layers]
    by_hand = 0
    for layer, following in pairwise(layers):
        place = {part: at for at, part in enumerate(following)}
        ends = [(at, place[b]) for at, a in enumerate(layer) for b in parts[a].after]
        by_hand += sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(ends, 2))
    assert _crossings(parts, layers) == by_hand


def test_layers_are_longest_paths_and_sources_stand_close() -> None:
    links = [(0, 2, (1, 1)), (2, 3, (1, 1)), (1, 3, (1, 1)), (0, 3, (1, 1))]
    assert ranks(4, links) == [0, 1, 1, 2]


def test_two_links_are_uncrossed() -> None:
    links = [(0, 3, (1.0, 1.0)), (1, 2, (1.0, 1.0))]
    layout = layered([(5.0, 5.0)] * 4, links, 5.0, 5.0)
    assert _crossings(list(layout.parts), [list(layer) for layer in layout.layers]) == 0


def test_a_large_graph_is_refused_at_once() -> None:
    size = (10.0, 10.0)
    chain = [(at, at + 1, size) for at in range(9_999)]
    with bounded(), pytest.raises(TooLargeError):
        layered([size] * 10_000, chain, 5.0, 5.0)


def test_a_graph_of_thousand_edges_takes_a_moment() -> None:
    size = (10.0, 10.0)
    links = [(at, at + step, size) for at in range(390) for step in (1, 2, 3)]
    with bounded():
        assert len(layered([size] * 400, links, 5.0, 5.0).parts) >= 400
