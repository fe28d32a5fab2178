"""The measures of the house find what they are there to find, in a small package made up."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tests.house import counts, runs
from tests.house.circles import circles, file_circles, folder_circles, layered, units
from tests.house.directions import (
    between_packages,
    between_units,
    in_order,
    not_in_house,
    not_in_table,
    overview,
    proposed,
    said,
    taken,
    undescribed,
)
from tests.house.modules import House, read

TABLE = {"low": ("bricks", ("doors", "windows"), "roof"), "high": ("flags",)}
FILES = {
    "__init__.py": '"""A house."""\n',
    "errors.py": '"""Errors."""\n',
    "low/__init__.py": '"""The lower part. Imports: nothing."""\n',
    "low/bricks/__init__.py": '"""Bricks. Imports: nothing."""\n',
    "low/bricks/clay.py": "class Brick: ...\nclass _Hidden: ...\n",
    "low/doors.py": "from gradcalc.low.bricks.clay import Brick\n",
    "low/windows.py": "import gradcalc.errors\n",
    "low/roof/__init__.py": '"""The roof.\n\nTwo files. Imports: bricks,\ndoors.\n"""\n',
    "low/roof/tiles.py": "from gradcalc.low import doors\nimport gradcalc.low.bricks.clay\n",
    "low/roof/chimney.py": "from gradcalc.errors import Fault\n",
    "high/__init__.py": '"""The upper part. Imports: low."""\n',
    "high/flags.py": "from gradcalc.low.roof.tiles import Tile\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a checkout in which nothing is wrong."""
    for name, text in FILES.items():
        write(tmp_path, name, text)
    return tmp_path


def write(root: Path, name: str, text: str) -> House:
    """Write a module and return the package with it."""
    path = root / "gradcalc" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return read(root)


def test_a_sound_house(root: Path) -> None:
    house = read(root)
    assert not file_circles(house)
    assert not folder_circles(house)
    assert not between_packages(house, TABLE)
    assert not between_units(house, TABLE)
    assert not not_in_table(house, TABLE)
    assert not not_in_house(house, TABLE)
    assert not undescribed(house)
    assert not counts.types_used_twice(house)


LATE = "def lay() -> None:\n    from gradcalc.low.doors import Door\n"
TYPING = (
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from gradcalc.low.doors import Door\n"
)
WHOLE = "import gradcalc.low.doors as doors\n"
FROM = "from gradcalc.low import doors\n"
TEXT = 'from importlib import import_module\nimport_module("gradcalc.low.doors")\n'


@pytest.mark.parametrize("text", [LATE, TYPING, WHOLE, FROM, TEXT])
def test_circles_are_found_however_they_are_imported(root: Path, text: str) -> None:
    house = write(root, "low/bricks/clay.py", text)
    assert file_circles(house) == (("gradcalc.low.bricks.clay", "gradcalc.low.doors"),)
    assert folder_circles(house) == (("low.bricks", "low.doors"),)
    (arrow,) = between_units(house, TABLE)
    assert arrow.between == "low.bricks → low.doors"
    assert arrow.found.target == "gradcalc.low.doors"


def test_a_circle_of_folders_without_one_of_files(root: Path) -> None:
    house = write(root, "low/bricks/mortar.py", "import gradcalc.low.roof.chimney\n")
    assert not file_circles(house)
    assert folder_circles(house) == (("low.bricks", "low.doors", "low.roof"),)


def test_circles_are_all_that_reach_each_other() -> None:
    graph = {"a": "b", "b": "c", "c": "ad", "d": "e", "e": "", "f": "g", "g": "f", "h": "h"}
    assert circles(graph) == (("a", "b", "c"), ("f", "g"))
    assert layered(graph)[:3] == (("e",), ("d",), ("a", "b", "c"))


def test_those_beside_each_other_stay_apart(root: Path) -> None:
    house = write(root, "low/windows.py", "import gradcalc.low.doors\n")
    assert [arrow.between for arrow in between_units(house, TABLE)] == ["low.windows → low.doors"]


def test_what_lies_below_does_not_look_up(root: Path) -> None:
    write(root, "errors.py", "def late():\n    import gradcalc.low.doors\n")
    house = write(root, "low/doors.py", "from gradcalc.high.flags import Flag\n")
    assert [arrow.between for arrow in between_packages(house, TABLE)] == [
        "gradcalc.errors → low",
        "low → high",
    ]


def test_the_public_face_is_for_the_highest_package_alone(root: Path) -> None:
    write(root, "high/flags.py", "from gradcalc import __version__\n")
    house = write(root, "low/doors.py", "from gradcalc import __version__\n")
    assert [arrow.between for arrow in between_packages(house, TABLE)] == ["low → gradcalc"]


def test_nothing_below_imports_what_a_package_says_of_itself(root: Path) -> None:
    write(root, "high/__init__.py", '"""Up."""\nfrom gradcalc.high.flags import Flag\n')
    assert not between_units(read(root), TABLE)
    house = write(root, "high/flags.py", "from gradcalc.high import main\n")
    assert [arrow.between for arrow in between_units(house, TABLE)] == ["high.flags → high"]
    assert file_circles(house) == (("gradcalc.high", "gradcalc.high.flags"),)


def test_the_table_and_the_package_name_the_same(root: Path) -> None:
    house = write(root, "low/cellar.py", "")
    assert not_in_table(house, TABLE) == ("low.cellar",)
    assert not_in_house(house, {**TABLE, "high": ("flags", "masts")}) == ("high.masts",)


def test_relative_imports_are_refused(root: Path) -> None:
    house = write(root, "low/doors.py", "from .bricks import clay\n")
    with pytest.raises(AssertionError, match=r"doors.py:1: imports are absolute"):
        _ = house.imports


def test_the_order_is_kept_where_it_may_be(root: Path) -> None:
    house = read(root)
    assert units(house, "low")["roof"] == {"bricks", "doors"}
    order = [group[0] for group in in_order(house, "low", TABLE)]
    assert order == ["bricks", "doors", "windows", "roof"]
    turned = {"low": ("roof", "windows", "doors", "bricks")}
    order = [group[0] for group in in_order(house, "low", turned)]
    assert order == ["bricks", "doors", "roof", "windows"]


def test_the_overview_shows_what_runs_against_the_table(root: Path) -> None:
    house = write(
        root, "low/windows.py", "def late():\n    from gradcalc.low.roof.tiles import X\n"
    )
    shown = list(overview(house, TABLE))
    wrong = "low.windows → low.roof: gradcalc.low.windows:2 → gradcalc.low.roof.tiles (X)"
    assert f"  against the table  {wrong}" in shown


def test_the_overview_shows_what_makes_a_circle(root: Path) -> None:
    house = write(root, "low/bricks/clay.py", LATE)
    shown = list(overview(house, TABLE))
    assert any(line.startswith("  circle: bricks ") for line in shown)
    assert "    in the circle  gradcalc.low.bricks.clay:2 → gradcalc.low.doors (Door)" in shown


def test_the_table_that_is_proposed_fits(root: Path) -> None:
    house = write(root, "low/bricks/clay.py", "import gradcalc.low.windows\n")
    table = ast.literal_eval("{" + "".join(proposed(house, TABLE)) + "}")
    assert table["low"] == ("windows", "bricks", "doors", "roof")
    assert not between_units(house, table)
    assert not not_in_table(house, table)


@pytest.mark.parametrize(
    ("docstring", "names"),
    [
        ("The roof. Imports: bricks, doors.", ("bricks", "doors")),
        ("The roof. Imports: nothing.", ()),
        ("The roof.", None),
        ("Imports: bricks.", None),
        ("The roof. Imports: bricks", None),
    ],
)
def test_docstrings_name_imports(root: Path, docstring: str, names: tuple[str, ...] | None) -> None:
    house = write(root, "low/roof/__init__.py", f'"""{docstring}"""\n')
    assert said(house.by_name["gradcalc.low.roof"]) == names


def test_docstrings_are_held_to_what_is_imported(root: Path) -> None:
    house = write(root, "low/roof/chimney.py", "from gradcalc.low import windows\n")
    assert taken(house, house.by_name["gradcalc.low.roof"]) == ("bricks", "doors", "windows")
    (found,) = undescribed(house)
    assert "low/roof/__init__.py" in found
    assert "Imports: bricks, doors, windows." in found
    write(root, "low/bricks/kiln/fire.py", "")
    assert any("kiln: there is no" in each for each in undescribed(read(root)))


def test_folders_are_counted_without_what_they_say_of_themselves(root: Path) -> None:
    assert counts.folders(read(root)) == {
        "gradcalc": 1,
        "gradcalc/low": 2,
        "gradcalc/low/bricks": 1,
        "gradcalc/low/roof": 2,
        "gradcalc/high": 1,
    }


@pytest.mark.parametrize(
    "text",
    [
        "class Brick: ...\n",
        pytest.param(
            "type Brick = int\n",
            marks=pytest.mark.skipif(sys.version_info < (3, 12), reason="a later statement"),
        ),
        'Brick = NewType("Brick", int)\n',
        'Brick = Literal["a", "b"]\n',
        "Brick = dict[str, int]\n",
        "Brick = int | str\n",
        "Brick: TypeAlias = Callable[[int], int]\n",
        "if TYPE_CHECKING:\n    Brick = tuple[int, ...]\n",
    ],
)
def test_types_of_one_name_are_found(root: Path, text: str) -> None:
    house = write(root, "high/flags.py", text)
    assert counts.types_used_twice(house) == {
        "Brick": ("gradcalc.high.flags", "gradcalc.low.bricks.clay")
    }


@pytest.mark.parametrize(
    "text", ["_Hidden = int | str\n", "BRICK = 1 | 2\n", "def f():\n    class Brick: ...\n"]
)
def test_what_is_no_public_type_may_be_named_alike(root: Path, text: str) -> None:
    assert not counts.types_used_twice(write(root, "high/flags.py", text))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('node.op == "add"', 1),
        ('"add" != node.op', 1),
        ('node.op in ("add", "mul")', 1),
        ("node.op not in POOLS", 1),
        ("match node.op:\n    case _: ...", 1),
        ("node.op in table", 0),
        ("node.op == other.op", 0),
        ('node.name == "add"', 0),
    ],
)
def test_comparisons_with_operations_are_found(root: Path, text: str, count: int) -> None:
    house = write(root, "high/flags.py", text)
    assert len(counts.operations_by_name(house).get("gradcalc.high.flags", ())) == count
    assert not counts.operations_by_name(house, besides=("high",))


def test_what_names_a_thing(root: Path) -> None:
    write(root, "low/doors.py", '"""The max_pool of doors."""\n# max_pool\n')
    write(root, "low/windows.py", "def _max_pool(): ...\n")
    house = write(root, "high/flags.py", 'ROW = "a max_pool."\n')
    assert counts.naming(house, "max_pool") == ("gradcalc.high.flags", "gradcalc.low.windows")


MODEL = """\
class Title: ...
class Section: ...
class Table: ...
class Paragraph: ...
Block = Title | Section | Table | Paragraph
"""
WRITER = "from gradcalc.low.bricks.clay import Title\nTITLE = Title()\n"
PRINTER = """\
from gradcalc.low.bricks.clay import Paragraph, Section, Title
def put(block):
    match block:
        case Title() | Section(): ...
        case Paragraph(): ...
"""


def test_content_models_and_printers(root: Path) -> None:
    write(root, "low/bricks/clay.py", MODEL)
    write(root, "low/roof/html.py", PRINTER)
    assert not counts.content_models(read(root))
    house = write(root, "high/flags.py", WRITER)
    (model,) = counts.content_models(house)
    assert (model.name, model.writers) == ("Block", ("gradcalc.high.flags",))
    assert counts.printers(house, [model]) == {"html": ("gradcalc.low.roof.html",)}


def test_chain_rules_and_dimensions_are_counted() -> None:
    text = "∂L/∂W = ∂L/∂y ·\n   ∂y/∂z · ∂z/∂W ∈ ℝ^{M×N}"
    document = (
        r"\frac{\partial L}{\partial y} \cdot \frac{\partial y}{\partial z}"
        r"\cdot\frac{\partial z}{\partial W} \in \mathbb{R}^{M \times N}"
    )
    assert len(runs.CHAIN_IN_TEXT.findall(text)) == 2
    assert len(runs.CHAIN_IN_MARKDOWN.findall(document)) == 2
    assert len(runs.SPACE_IN_TEXT.findall(text)) == 1
    assert len(runs.SPACE_IN_MARKDOWN.findall(document)) == 1
