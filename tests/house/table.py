"""The table of figures: what is counted, what it is here, and what it should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.house import runs
from tests.house.circles import file_circles, folder_circles
from tests.house.counts import (
    content_models,
    folders,
    lines,
    naming,
    one_importer,
    operations_by_name,
    printers,
    short,
    types_used_twice,
)
from tests.house.modules import House

THINGS = {
    "activation": "softsign",
    "structural operation": "max_pool",
    "mistake": "bias-times-input",
    "optimiser": "adagrad",
    "format": "latex",
    "gradebook": "brightspace",
}
"""One thing of each kind: how many source files name it."""
GOALS = (1, 2, 1, 1, 1, 1)


@dataclass(frozen=True)
class Figure:
    """One line of the table; what: it was counted from."""

    name: str
    here: str
    goal: str
    what: tuple[str, ...] = ()


def figures(house: House, folder: Path) -> Iterator[Figure]:
    """Yield the figures of a checkout; folder: for files that are needed to run it."""
    yield Figure("lines; files", f"{lines(house)}; {len(house.modules)}", "≤ 43000; ≤ 220")
    yield _folders(house)
    yield _circles(house)
    yield from _models(house)
    entered = runs.entered(house.root, folder)
    yield Figure(
        "files entered by solve of one neuron", str(len(entered) or "does not run"), "≤ 45", entered
    )
    for (kind, word), goal in zip(THINGS.items(), GOALS, strict=True):
        found = naming(house, word)
        yield Figure(f"files that name the {kind} {word}", str(len(found)), str(goal), found)
    yield _formats(house, folder)
    yield from _letters(house, folder)
    twice = types_used_twice(house)
    what = tuple(f"{name}: {', '.join(where)}" for name, where in twice.items())
    yield Figure("public type names used twice", str(len(twice)), "0", what)
    yield _operations(house)
    yield _listed("modules of at most 100 lines", short(house))
    yield _listed("modules with one importer", one_importer(house))


def printed(found: Iterator[Figure], explained: bool = False) -> Iterator[str]:
    """Yield the lines of the table; explained: with what each figure was counted from."""
    yield f"{'figure':<58} {'here':<28} goal"
    for figure in found:
        yield f"{figure.name:<58} {figure.here:<28} {figure.goal}".rstrip()
        if explained:
            yield from (f"    {line}" for line in figure.what)


def _folders(house: House) -> Figure:
    found = folders(house).most_common()
    cli = Counter(dict(found))["gradcalc/cli"]
    most = ", ".join(str(count) for _, count in found[:4])
    what = tuple(f"{count:>4}  {name}" for name, count in found)
    return Figure("most files of a folder; cli", f"{most}; {cli}", "≤ 15; ≤ 20", what)


def _circles(house: House) -> Figure:
    files, inner = file_circles(house), folder_circles(house)
    what = tuple(" ↔ ".join(group) for group in (*files, *inner))
    here = f"{len(files)}; {len(inner)}"
    return Figure("circles of files; of sub-packages", here, "0; 0", what)


def _models(house: House) -> Iterator[Figure]:
    models = content_models(house)
    what = tuple(
        f"{each.module}.{each.name}: {len(each.classes)} classes, "
        f"written by {len(each.writers)}, printed by {', '.join(each.printers)}"
        for each in models
    )
    yield Figure("content models", str(len(models)), "1", what)
    found = printers(house, models)
    here = ", ".join(str(len(found.get(style, ()))) for style in ("html", "markdown", "text"))
    what = tuple(f"{style}: {', '.join(names)}" for style, names in found.items())
    yield Figure("printers of HTML, Markdown, text", here, "1, 1, 1", what)


def _formats(house: House, folder: Path) -> Figure:
    found = runs.formats(house.root, folder)
    whole = sum(len(styles) == len(runs.FORMATS) for styles in found.values())
    what = tuple(f"{result}: {', '.join(styles) or 'none'}" for result, styles in found.items())
    return Figure("results that have every format", f"{whole} of {len(found)}", "8 of 8", what)


def _letters(house: House, folder: Path) -> Iterator[Figure]:
    found = runs.letters(house.root, folder)
    what = tuple(map(str, found))
    count = len(found)
    for name, fine in (
        ("chain rule", [each.chains[1] >= each.chains[0] for each in found if each.chains[0]]),
        ("dimensions", [each.spaces[1] >= each.spaces[0] for each in found if each.spaces[0]]),
        ("both", [each.is_whole for each in found]),
    ):
        title = f"problems in letters whose documents keep {name}"
        here = f"{sum(fine)} of {len(fine)}"
        yield Figure(title, here, f"{len(fine)} of {len(fine)}", what if name == "both" else ())
    if not count:
        yield Figure("problems in letters", "none found", "some")


def _operations(house: House) -> Figure:
    found = operations_by_name(house, besides=("algebra", "engine"))
    places = sum(map(len, found.values()))
    everywhere = operations_by_name(house)
    title = "files with .op == “…” outside algebra and engine (places)"
    here = f"{len(found)} ({places}); with them {len(everywhere)}"
    what = tuple(f"{name}: {', '.join(map(str, where))}" for name, where in found.items())
    return Figure(title, here, "≤ 10", what)


def _listed(name: str, found: tuple[str, ...]) -> Figure:
    return Figure(name, str(len(found)), "", found)
