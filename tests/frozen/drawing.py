"""Rows of `gradcalc graph` and `gradcalc plot`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.frozen.looking import operations
from tests.frozen.run import Run
from tests.frozen.variants import everywhere, files, here_and_ascii, in_colour, row

FORMATS = ("terminal", "dot", "mermaid", "svg")
RELU = "problems/relu-squared-loss.yaml"


def rows(inputs: Path) -> Iterator[Run]:
    """Yield all rows."""
    for folder in ("problems", "not_meant", "without_a_value", "in_decimals", "made/more"):
        for path in files(inputs, folder):
            yield from of_graph(path)
    yield from of_calls()
    yield from of_plots(inputs)


def of_graph(path: Path) -> Iterator[Run]:
    """Yield the drawings of one problem."""
    name = f"graph/{path.parent.name}/{path.stem}"
    for kind, more in {"plain": (), "detail": ("--detail",), "network": ("--network",)}.items():
        call = ("graph", path, *more)
        yield from everywhere(row(f"{name}/{kind}", *call))
        yield row(f"{name}/{kind}-decimals", *call, "--decimals", "1")
        for style in FORMATS[1:]:
            yield from here_and_ascii(row(f"{name}/{kind}-{style}", *call, "--format", style))


def of_calls() -> Iterator[Run]:
    """Yield rows of files written, of standard input, and of calls at fault."""
    for end in ("svg", "dot", "gv", "mmd", "mermaid", "txt", "odd"):
        yield row(f"graph/calls/{end}", "graph", RELU, "-o", f"out/graph.{end}")
        yield row(f"graph/calls/network-{end}", "graph", RELU, "--network", "-o", f"out/n.{end}")
    text = "inputs: {x: 3}\nequations: y = x^2\n"
    yield row("graph/calls/stdin", "graph", "-", stdin=text)
    for name, more in {
        "terminal": (RELU, "--format", "terminal", "-o", "out/graph.odd"),
        "both": (RELU, "--network", "--detail"),
        "no-file": ("nothing.yaml",),
        "no-folder": (RELU, "-o", "out/no/graph.svg"),
        "none": (),
    }.items():
        yield from here_and_ascii(row(f"graph/calls/{name}", "graph", *more))


def of_plots(inputs: Path) -> Iterator[Run]:
    """Yield the plots of every operation, and of formulas."""
    for name in operations(inputs):
        yield from here_and_ascii(row(f"plot/{name}/text", "plot", name))
        yield row(f"plot/{name}/svg", "plot", name, "-o", "out/plot.svg")
        more = ("--no-derivative", "--target", "0", "--from", "-2", "--to", "3")
        yield row(f"plot/{name}/more", "plot", name, *more)
    formulas = ("leaky_relu(alpha=0.1)", "x*sigmoid(1.702*x)", "1/x", "log(x)", "sqrt(x)", "x^3")
    for at, formula in enumerate(formulas):
        yield from everywhere(row(f"plot/formulas/{at}", "plot", formula))
    several: dict[str, tuple[str, ...]] = {
        "two": ("sigmoid", "tanh"),
        "losses": ("huber", "mse", "l1", "--target", "0"),
        "four": ("relu", "leaky_relu(alpha=0.1)", "softplus", "x*sigmoid(1.702*x)"),
    }
    for name, names in several.items():
        for way, settings in {
            "panels": (),
            "overlay": ("--overlay",),
            "one-line": ("--overlay", "--no-derivative"),
            "derivative": ("--derivative",),
            "ends": ("--from", "-6", "--to", "6"),
            "sizes": ("--width", "60", "--height", "12"),
        }.items():
            run = row(f"plot/{name}/{way}", "plot", *names, *settings)
            yield from (*here_and_ascii(run), in_colour(run))
            if way != "sizes":
                yield row(f"plot/{name}/{way}-svg", "plot", *names, *settings, "-o", "out/p.svg")
    for name, call in {
        "size": ("relu", "-o", "out/p.svg", "--width", "300", "--height", "200"),
        "png": ("relu", "-o", "out/p.png"),
        "kind": ("relu", "-o", "out/p.gif"),
        "small": ("relu", "--width", "3"),
        "large": ("relu", "-o", "out/p.svg", "--height", "9999"),
        "ends": ("relu", "--from", "3", "--to", "-3"),
        "nowhere": ("log", "--from", "-3", "--to", "-2"),
        "target": ("mse", "--target", "what"),
        "target-third": ("mse", "--target", "1/3"),
        "unknown": ("relo",),
        "letters": ("x*y",),
        "many": ("relu",) * 13,
        "no-folder": ("relu", "-o", "out/no/p.svg"),
        "none": (),
    }.items():
        yield from here_and_ascii(row(f"plot/calls/{name}", "plot", *call))
