"""Pictures of graphs: the numbers are the solution's, the texts are never markup."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import gradcalc
from gradcalc.errors import ProblemError, width
from gradcalc.problem.solve import inner
from gradcalc.report.page import Page
from gradcalc.report.pictures.graph_formats import dot, mermaid, svg
from gradcalc.report.pictures.graph_layout import Link, Picture, Spot
from gradcalc.report.pictures.graph_operations import picture
from gradcalc.report.pictures.graph_text import draw
from gradcalc.report.pictures.network import draw as draw_network
from gradcalc.report.pictures.network import network
from gradcalc.report.pictures.network import svg as network_svg
from gradcalc.report.steps.view import View
from tests.report.random_problems import problem as random_problem
from tests.shown import GOLDEN, PROBLEMS, golden

every = pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
DETAILS = pytest.mark.parametrize("detail", [False, True], ids=["lines", "detail"])
DRAWN = {
    "two-paths": "graph",
    "scalar-circuit": "graph",
    "hand-calculation": "graph",
    "skip-connection": "graph",
    "softmax-batch": "graph",
    "relu-classifier-letters": "graph",
    "polynomial-partials": "detail",
    "recurrent-cell": "detail",
}
NETWORKS = ("hand-calculation", "relu-classifier-letters", "scaled-relu-letters", "xor-network")


def solved(path: Path) -> gradcalc.Solution:
    return gradcalc.solve(gradcalc.load(path))


def problem(name: str) -> Path:
    return next(path for path in PROBLEMS if path.stem == name)


def numbers(text: str) -> np.ndarray:
    """Return the numbers that stand on an edge."""
    plain = text.replace("−", "-").replace("·10", "e")
    for at, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹"):
        plain = plain.replace(sign, str(at))
    plain = plain.replace("⁻", "-").replace("½", "0.5")
    return np.array([float(word) for word in re.split(r"[\[\],; ]+", plain) if word])


def whole(text: str) -> bool:
    return bool(text) and "×" not in text and "…" not in text


@every
@DETAILS
def test_values_and_gradients_are_those_of_the_solution(path: Path, detail: bool) -> None:
    solution = solved(path)
    problem = solution.problem
    if not problem.numeric:
        return
    known = inner(solution) if detail else solution.values
    shown = picture(View(solution), detail=detail)
    gradients: dict[str, list[np.ndarray]] = {}
    compared = 0
    for link in shown.links:
        if whole(link.value):
            compared += 1
            assert numbers(link.value) == pytest.approx(known[link.source].ravel(), rel=1e-4)
        for rows, name in (
            (link.value_rows, link.source),
            (link.gradient_rows, f"d{problem.loss}/d{link.source}"),
        ):
            if rows:
                assert len(rows) == known[name].shape[0]
                stacked = numbers("; ".join(rows))
                assert stacked == pytest.approx(known[name].ravel(), rel=1e-4, abs=1e-12)
        if link.gradient and not link.target.startswith("end:"):
            gradients.setdefault(link.source, []).append(
                numbers(link.gradient) if whole(link.gradient) else np.full(1, np.nan)
            )
    assert compared or path.stem in ("softmax-batch", "relu-backward") or not shown.links
    for name, parts in gradients.items():
        if any(np.isnan(part).any() for part in parts):
            continue
        due = known[f"d{problem.loss}/d{name}"].ravel()
        if problem.rounding is None or len(parts) == 1:
            most = max(abs(part).max() for part in (*parts, due))  # what is shown is rounded
            assert sum(parts) == pytest.approx(due, rel=2e-4, abs=1e-9 + 2e-5 * most)


@every
def test_every_gradient_of_the_solution_flows_along_an_edge(path: Path) -> None:
    solution = solved(path)
    view = View(solution)
    shown = picture(view)
    sources = {link.source for link in shown.links if link.gradient or link.local}
    shapes = solution.problem.visible.shapes
    loss = solution.problem.loss
    for node in solution.problem.visible.backward:
        prefix = f"d{loss}/d"
        name = node.name.removeprefix(prefix)
        if node.name.startswith(prefix) and name in shapes and name != loss:
            reads = [line for line in view.forward if name in str(line.expr)]
            assert name in sources or not reads


def test_local_derivatives_are_factors_of_the_chain_rule() -> None:
    shown = picture(View(solved(problem("recurrent-cell"))))
    grads = {link.source: float(numbers(link.gradient)[0]) for link in shown.links if link.gradient}
    checked = 0
    for link in shown.links:
        if " = " in link.local and link.target in grads:
            local = float(numbers(link.local.rpartition(" = ")[2])[0])
            upstream = sum(
                float(numbers(li.gradient)[0]) for li in shown.links if li.source == link.target
            )
            assert float(numbers(link.gradient)[0]) == pytest.approx(local * upstream, rel=1e-3)
            checked += 1
    assert checked >= 6


@every
@DETAILS
def test_every_picture_parses(path: Path, detail: bool) -> None:
    shown = picture(View(solved(path)), detail=detail)
    text = svg(shown)
    root = ElementTree.fromstring(text)
    titles = [each.text for each in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles[0] == shown.title
    assert not re.search(r'"[^"]*\b(nan|inf)\b[^"]*"', text)
    assert "<script" not in text and not text.startswith("<?xml")
    assert text.count("<g>") >= len(shown.links)
    assert well_formed_dot(dot(shown)) == len(shown.links)
    assert well_formed_mermaid(mermaid(shown)) == len(shown.links)


@pytest.mark.parametrize("name", DRAWN)
def test_the_pictures_of_a_graph(name: str) -> None:
    solution, detail = solved(problem(name)), DRAWN[name] == "detail"
    folder = GOLDEN / "graph"
    shown = picture(View(solution), detail=detail)
    golden(folder / f"{name}.svg", svg(shown))
    golden(folder / f"{name}.dot", dot(shown))
    golden(folder / f"{name}.mmd", mermaid(shown))
    for unicode in (True, False):
        page = Page(80, unicode)
        draw(page, picture(View(solution, unicode=unicode), detail=detail))
        text = page.plain()
        assert unicode or text.isascii()
        assert all(width(line) <= 80 for line in text.splitlines())
        golden(folder / f"{name}{'' if unicode else '.ascii'}.txt", text)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_pictures_of_a_network(name: str) -> None:
    solution = solved(problem(name))
    folder = GOLDEN / "network"
    net = network(View(solution))
    golden(folder / f"{name}.svg", network_svg(net))
    ElementTree.fromstring(network_svg(net))
    golden(folder / f"{name}.dot", dot(net.picture))
    for unicode in (True, False):
        page = Page(80, unicode)
        draw_network(page, network(View(solution, unicode=unicode)))
        text = page.plain()
        assert unicode or text.isascii()
        assert all(width(line) <= 80 for line in text.splitlines())
        golden(folder / f"{name}{'' if unicode else '.ascii'}.txt", text)


@every
@pytest.mark.parametrize("columns", [30, 60, 80])
def test_a_terminal_picture_keeps_to_the_page(path: Path, columns: int) -> None:
    view = View(solved(path))
    pages = [Page(columns), Page(columns)]
    draw(pages[0], picture(view))
    if view.problem.layers:
        draw_network(pages[1], network(view))
    for page in pages:
        assert all(width(line) <= columns for line in page.plain().splitlines())


def test_every_weight_stands_on_its_edge() -> None:
    solution = solved(problem("hand-calculation"))
    links = network(View(solution)).picture.links
    weights = solution.values["W1"]
    for link in links:
        if link.source.startswith("u0"):
            source, target = (int(key.partition(".")[2]) for key in (link.source, link.target))
            assert numbers(link.value) == pytest.approx(weights[source, target])
    assert len(links) == 3 * 2 + 2 + 2 + 1


def test_labels_of_a_network_do_not_cover_each_other() -> None:
    root = ElementTree.fromstring(network_svg(network(View(solved(problem("hand-calculation"))))))
    boxes = [
        tuple(float(rect.get(key) or 0) for key in ("x", "y", "width", "height"))
        for rect in root.iter("{http://www.w3.org/2000/svg}rect")
    ][1:]
    assert len(boxes) == 11
    for at, (x, y, wide, high) in enumerate(boxes):
        for a, b, wide2, high2 in boxes[at + 1 :]:
            apart = (
                x + wide <= a + 1 or a + wide2 <= x + 1 or y + high <= b + 1 or b + high2 <= y + 1
            )
            assert apart


LARGE = """\
inputs: {{x: {{shape: {n}}}}}
targets: {{y: {{shape: 2}}}}
units: [{m}, 2]
activations: [relu, identity]
loss: squared_error
"""


def test_a_large_layer_is_abbreviated() -> None:
    net = network(View(gradcalc.solve(gradcalc.load(LARGE.format(n=784, m=300)))))
    assert [len(column) for column in net.columns] == [7, 7, 2]
    assert len(network_svg(net)) < 40_000
    assert "784 units in all" in [spot.full for spot in net.picture.spots]


def test_a_graph_of_many_lines_is_refused() -> None:
    lines = "\n".join(f"  v{at + 1} = v{at} + 1" for at in range(450))
    loaded = gradcalc.load(f"inputs: {{v0: 1}}\nequations: |\n{lines}\n")
    with pytest.raises(ProblemError, match="room for 400"):
        picture(View(gradcalc.solve(loaded)))


def test_a_problem_without_layers_has_no_network() -> None:
    with pytest.raises(ProblemError, match="no layers"):
        network(View(solved(problem("two-paths"))))


HOSTILE = (
    "<script>alert(1)</script>",
    '"]; a -> b [label="x',
    "]]>&amp;&lt;!--",
    "\x1b[31mred\x1b[0m\u202e\x00\ud800",
    'end; click n0 "javascript:alert(1)"',
    "\\N \\G \\l \\",
    "`md` **b** #quot; %%{init: {}}%% $$x$$",
    "1. one",
    "- two\n\r\tthree",
    "{{[(",
)


def hostile() -> Picture:
    spots = [Spot(f"s{at}", text, "line", text, text) for at, text in enumerate(HOSTILE)]
    links = [
        Link(f"s{at}", f"s{at + 1}", text, text, text, text) for at, text in enumerate(HOSTILE[:-1])
    ]
    return Picture(" ".join(HOSTILE), tuple(spots), tuple(links), " ".join(HOSTILE))


def test_foreign_text_is_never_markup() -> None:
    shown = hostile()
    text = svg(shown)
    root = ElementTree.fromstring(text)
    tags = {each.tag.partition("}")[2] for each in root.iter()}
    assert tags == {"svg", "title", "desc", "style", "rect", "g", "path", "text"}
    assert "<script>alert(1)</script>" in [each.text for each in root.iter() if each.text]
    for written in (text, dot(shown), mermaid(shown)):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800]", written)
    assert well_formed_dot(dot(shown)) == len(HOSTILE) - 1
    assert well_formed_mermaid(mermaid(shown)) == len(HOSTILE) - 1
    assert "<script" not in dot(shown).replace("&lt;", "") or '"<script' in dot(shown)


def test_a_hostile_title_reaches_no_stream_as_it_is() -> None:
    loaded = gradcalc.load('title: "\\e[31m<b>\\u202e</svg>"\ninputs: {x: 3}\nequations: y = x^2\n')
    view = View(gradcalc.solve(loaded))
    shown = picture(view)
    page = Page(80)
    draw(page, shown)
    assert ElementTree.fromstring(svg(shown)).tag.endswith("svg")
    for written in (svg(shown), dot(shown), mermaid(shown)):
        assert "\x1b" not in written and "\u202e" not in written
    assert "\x1b" not in page.plain()


QUOTED = r'"(?:[^"\\\n]|\\.)*"'
DOT_LINE = re.compile(
    rf"(?:digraph gradcalc \{{|\}}|  rankdir=LR;|  label={QUOTED};|  (?:node|edge) \[[^\n]*\];"
    rf"|  n\d+ \[label={QUOTED}(?:, \w+=(?:\w+|[\d.]+|{QUOTED}))*\];"
    r'|  n\d+ -> n\d+(?: \[label=<(?:<FONT COLOR="#\w{6}">[^<>]*</FONT>(?:<BR/>)?)+>\])?;)'
)
WORD = r"[^\"\n`]*"
MERMAID_LINE = re.compile(
    rf'flowchart LR|  accTitle: [^\n#;]+|  n\d+(?:\[|\(\[|\(\()"{WORD}"(?:\]|\]\)|\)\)):::\w+'
    rf'|  n\d+ -->(?:\|"{WORD}"\|)? n\d+|  classDef \w+ [\w:#,-]+'
)


def well_formed_dot(text: str) -> int:
    """Check each line against the grammar that we use, and Graphviz's own; count the edges."""
    assert text.endswith("}\n")
    for line in text.splitlines():
        assert DOT_LINE.fullmatch(line), line
    return (
        text.count(" -> ")
        if "->" not in text.replace(" -> n", "")
        else len(re.findall(r"^  n\d+ -> n\d+", text, re.MULTILINE))
    )


def well_formed_mermaid(text: str) -> int:
    for line in text.splitlines():
        assert MERMAID_LINE.fullmatch(line), line
        for found in re.findall(r'"([^"]*)"', line):
            rest = re.sub(r"<br/>|#\d+;", "", found)
            assert not re.search(r"[<>&#;{}|`$%*_\\]", rest), line
    return len(re.findall(r"^  n\d+ -->", text, re.MULTILINE))


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
@pytest.mark.parametrize("name", [*DRAWN, "hostile", "network"])
def test_graphviz_accepts_the_file(name: str) -> None:
    if name == "hostile":
        shown = hostile()
    elif name == "network":
        shown = network(View(solved(problem("hand-calculation")))).picture
    else:
        shown = picture(View(solved(problem(name))), detail=DRAWN[name] == "detail")
    found = subprocess.run(
        ["dot", "-Tsvg"], input=dot(shown), capture_output=True, encoding="utf-8", check=False
    )
    assert found.returncode == 0 and "yntax" not in found.stderr, found.stderr
    root = ElementTree.fromstring(found.stdout)
    drawn = [each for each in root.iter() if each.get("class") == "edge"]
    assert len(drawn) == len(shown.links)
    texts = {each.text for each in root.iter("{http://www.w3.org/2000/svg}text")}
    if name == "hostile":
        assert "<script>alert(1)</script>" in texts and "\\N \\G \\l \\" in texts


@pytest.mark.parametrize("seed", range(60))
def test_a_random_problem_is_drawn(seed: int) -> None:
    try:
        solution = gradcalc.solve(gradcalc.load(random_problem(seed)))
    except ProblemError:
        return
    known = inner(solution)
    loss = solution.problem.loss
    for detail in (False, True):
        shown = picture(View(solution), detail=detail)
        assert ElementTree.fromstring(svg(shown)).tag.endswith("svg")
        assert well_formed_dot(dot(shown)) == well_formed_mermaid(mermaid(shown))
        parts: dict[str, list[str]] = {}
        for link in shown.links:
            if link.gradient and not link.target.startswith("end:"):
                parts.setdefault(link.source, []).append(link.gradient)
        for name, texts in parts.items():
            due = known.get(f"d{loss}/d{name}")
            if due is not None and all(map(whole, texts)):
                total = sum(numbers(text) for text in texts)
                largest = max(np.abs(numbers(text)).max() for text in texts)
                assert total == pytest.approx(due.ravel(), rel=2e-4, abs=1e-9 + 1e-4 * largest)
    for columns, unicode in ((80, True), (40, False)):
        view = View(solution, unicode=unicode)
        page = Page(columns, unicode)
        draw(page, picture(view))
        if view.problem.layers:
            assert ElementTree.fromstring(network_svg(network(view))).tag.endswith("svg")
            draw_network(page, network(view))
        assert all(width(line) <= columns for line in page.plain().splitlines())
