"""The package is built as its design says: imports go one way, and starting is light."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "gradcalc"
MODULES = sorted(PACKAGE.rglob("*.py"))
LAYERS = ("algebra", "engine", "problem", "grading", "report", "cli")
ALLOWED = {
    "rich": ("report", "cli"),
    "click": ("cli",),
    "yaml": ("problem", "grading"),
    "numpy": ("algebra", "engine", "problem", "grading", "report"),
    "distributed": ("cli",),
    "matplotlib": ("report",),
}
LONGEST = 450

every_module = pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE))
)


def layer(path: Path) -> str:
    """Return the part of the package that a module belongs to: `engine`, `errors`, …"""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted names of all imports of a module, inner and typing ones included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@every_module
def test_imports_go_along_the_arrows(path: Path) -> None:
    own = layer(path)
    for name in imported(path):
        top, _, rest = name.partition(".")
        if top != "gradcalc" or own in ("__init__", "__main__"):
            continue
        target = rest.partition(".")[0]
        if own == "errors":
            raise AssertionError(f"errors imports {name}")
        if target == "errors":
            continue
        if target in LAYERS:
            assert LAYERS.index(target) <= LAYERS.index(own), f"{own} imports {name}"
        else:
            assert own == "cli", f"{own} imports the public face: {name}"


@every_module
def test_other_packages_stay_in_their_place(path: Path) -> None:
    known = {*sys.stdlib_module_names, "gradcalc", *ALLOWED}
    for name in imported(path):
        top = name.partition(".")[0]
        assert top in known, f"{name} is not a dependency"
        if top in ALLOWED:
            assert layer(path) in ALLOWED[top], f"{layer(path)} imports {name}"


@every_module
def test_a_formula_does_not_know_the_operations(path: Path) -> None:
    if path.name not in ("expr.py", "names.py", "parser.py", "syntax.py"):
        return
    if layer(path) != "algebra":
        return
    for name in imported(path):
        assert not name.startswith(("numpy", "gradcalc.algebra.operations"))


@every_module
def test_modules_are_short_and_explained(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST
    assert ast.get_docstring(ast.parse(text))


@every_module
def test_nothing_is_executed_from_a_text(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("eval", "exec", "compile", "__import__")
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("unsafe_load", "full_load", "system", "popen")


def test_the_layers_of_the_design_are_all_there_is() -> None:
    folders = {
        path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"
    }
    assert folders <= set(LAYERS)
    assert {"algebra", "engine", "problem", "report", "cli"} <= folders


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
        cwd=PACKAGE.parent,
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
        cwd=PACKAGE.parent,
    )
    assert found.returncode == 0, found.stderr


def test_every_public_name_is_there() -> None:
    import gradcalc

    for name in gradcalc.__all__:
        assert getattr(gradcalc, name).__name__ == name
    with pytest.raises(AttributeError):
        _ = gradcalc.nothing
