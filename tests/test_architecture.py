"""The package is built as its design says: imports go one way, and starting is light.

Each source file is read and parsed once; a test names all that offends at once.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.house.arrows import ARROWS
from tests.house.circles import file_circles, folder_circles
from tests.house.counts import folders, types_used_twice
from tests.house.directions import (
    between_packages,
    between_units,
    not_in_house,
    not_in_table,
    undescribed,
)
from tests.house.modules import House, Module, dotted, read

ROOT = Path(__file__).parents[1]
ALLOWED = {
    "rich": ("report", "cli"),
    "click": ("cli",),
    "yaml": ("problem", "grading"),
    "numpy": ("algebra", "engine", "problem", "grading", "report"),
    "distributed": ("cli",),
    "matplotlib": ("report",),
}
SYNTAX = ("expr", "names", "precedence", "parser", "syntax")
"""Modules of algebra/ that know formulas and no operations."""
LONGEST = 450
MOST = {"gradcalc/cli": 20}
"""Files of a folder, where it may be others than so many."""
MOST_ELSEWHERE = 15


@pytest.fixture(scope="session")
def house() -> House:
    """Return the package, each of its files read once."""
    return read(ROOT)


def none(offenders: Iterable[object]) -> None:
    """Hold that there are none, or show all of them."""
    found = [str(each) for each in offenders]
    assert not found, "\n".join([f"{len(found)} found:", *found])


def test_packages_import_those_below_them(house: House) -> None:
    none(between_packages(house, ARROWS))


def test_sub_packages_import_those_below_them(house: House) -> None:
    none(between_units(house, ARROWS))


def test_the_table_of_arrows_names_what_is_there(house: House) -> None:
    none([*not_in_table(house, ARROWS), *not_in_house(house, ARROWS)])


def test_no_modules_import_each_other_in_a_circle(house: House) -> None:
    none(" ↔ ".join(group) for group in (*file_circles(house), *folder_circles(house)))


def test_a_folder_can_be_looked_over(house: House) -> None:
    none(
        f"{folder}: {count} files"
        for folder, count in folders(house).items()
        if count > MOST.get(folder, MOST_ELSEWHERE)
    )


def test_a_type_has_a_name_of_its_own(house: House) -> None:
    none(f"{name}: {', '.join(where)}" for name, where in types_used_twice(house).items())


def test_packages_say_what_lives_there_and_what_they_import(house: House) -> None:
    none(undescribed(house))


def test_other_packages_stay_in_their_place(house: House) -> None:
    none(found for module in house.modules for found in _misplaced(module))


def _misplaced(module: Module) -> Iterator[str]:
    known = {*sys.stdlib_module_names, "gradcalc", *ALLOWED}
    for name in dotted(module):
        top = name.partition(".")[0]
        if top not in known:
            yield f"{module.path}: {name} is not a dependency"
        elif top in ALLOWED and module.package not in ALLOWED[top]:
            yield f"{module.path}: imports {name}"


def test_a_formula_does_not_know_the_operations(house: House) -> None:
    heavy = {"numpy", "operations", "table"}
    none(
        f"{module.path}: imports {name}"
        for module in house.modules
        if module.package == "algebra" and module.path.stem in SYNTAX
        for name in dotted(module)
        if heavy & set(name.split("."))
    )


def test_modules_are_short(house: House) -> None:
    long = (module for module in house.modules if module.lines > LONGEST)
    none(f"{module.path}: {module.lines} lines" for module in long)


def test_modules_are_explained(house: House) -> None:
    none(module.path for module in house.modules if not module.docstring)


def test_nothing_is_executed_from_a_text(house: House) -> None:
    none(
        f"{module.path}:{node.lineno}: {ast.unparse(node)}"
        for module in house.modules
        for node in module.nodes
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("eval", "exec", "compile", "__import__")
        )
        or (
            isinstance(node, ast.Attribute)
            and node.attr in ("unsafe_load", "full_load", "system", "popen")
        )
    )


def test_the_packages_of_the_design_are_all_there_is(house: House) -> None:
    assert {module.package for module in house.modules} - {""} == set(ARROWS)


LIGHT = """\
import sys
{action}
heavy = {{"numpy", "rich", "torch", "sympy"}} & set(sys.modules)
assert not heavy, heavy
"""
HELP = """\
from gradcalc.cli import main
sys.argv[1:] = ["--help"]
try:
    main()
except SystemExit as stop:
    assert not stop.code"""
PUBLIC = """\
import gradcalc
assert gradcalc.__version__
try:
    gradcalc.nothing
except AttributeError:
    pass"""


@pytest.mark.parametrize(
    "action", ["import gradcalc", PUBLIC, HELP], ids=["import", "face", "help"]
)
def test_starting_loads_neither_numpy_nor_rich(action: str) -> None:
    found = subprocess.run(
        [sys.executable, "-c", LIGHT.format(action=action)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert found.returncode == 0, found.stderr


def test_reading_formulas_loads_no_numpy() -> None:
    action = (
        "from gradcalc.algebra.operations.table import TABLE\n"
        "from gradcalc.engine.autodiff import partial\n"
        "from gradcalc.algebra.formula.syntax import parse\n"
        'partial(parse("sigmoid(x)^2"), "x", TABLE)'
    )
    found = subprocess.run(
        [sys.executable, "-c", LIGHT.format(action=action)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert found.returncode == 0, found.stderr


def test_every_public_name_is_there() -> None:
    import gradcalc

    for name in gradcalc.__all__:
        assert getattr(gradcalc, name).__name__ == name
    with pytest.raises(AttributeError):
        _ = gradcalc.nothing
