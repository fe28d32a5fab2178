"""Hidden lines are written into the lines that read them; long ones get a name."""

from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.formula.syntax import format
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.graph import LONGEST, Visible, visible
from tests.engine.running import lines, passes

SHAPES: dict[str, Shape] = {"x": (), "y": (), "u": (3,), "W": (2, 3), "b": (2,)}


def shown(text: str, *wanted: str) -> Visible:
    forward, backward = passes(lines(text), SHAPES, wanted)
    return visible(forward, backward.graph, TABLE)


def formulas(found: Visible) -> list[str]:
    return [f"{node.name} = {format(node.expr)}" for node in (*found.forward, *found.backward)]


def test_forward_lines_are_as_they_were_written() -> None:
    text = "z = W @ u + b\nL = 1/2*sum((z - 1)^2)"
    found = shown(text, "W", "b")
    assert [f"{n.name} = {format(n.expr)}" for n in found.forward] == text.splitlines()
    assert found.names == {}


def test_hidden_gradients_are_inlined_and_simplified() -> None:
    assert formulas(shown("f = -x^3 + 100*(y^2 - x)^2", "x", "y"))[1:] == [
        "df/df = 1",
        "df/dx = -3*x^2 - 200*(y^2 - x)",
        "df/dy = 400*y*(y^2 - x)",
    ]


def test_a_long_hidden_value_that_is_read_twice_has_a_name() -> None:
    inner = "sin(x)*" * 12 + "cos(y)"
    for _ in range(3):
        inner = f"sin({inner} + x*y)"
    found = shown(f"L = exp({inner})*({inner})", "x", "y")
    assert found.names
    named = [name for name in found.names.values() if not name.startswith("d")]
    assert named[0] == "u1"
    names = [node.name for node in (*found.forward, *found.backward)]
    assert "u1" in names
    assert "dL/du1" in names
    assert names.index("u1") < names.index("L")
    assert all(node.expr.size < 10 * LONGEST for node in found.backward)


def test_a_new_name_is_a_free_one() -> None:
    inner = "sin(x)*" * 12 + "cos(y)"
    for _ in range(3):
        inner = f"sin({inner} + x*y)"
    forward, backward = passes(lines(f"u1 = 2*x\nL = u1*exp({inner})*({inner})"), SHAPES, ["x"])
    found = visible(forward, backward.graph, TABLE)
    fresh = [name for name in found.names.values() if "/" not in name]
    assert fresh
    assert "u1" not in fresh
