"""Where the source adds floats by the built-in `sum`: `python -m tests.float_sums`.

mypy reads a copy of the package in which every `sum` takes whole numbers and fractions.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
STUB = """
from collections.abc import Iterable
from fractions import Fraction
from typing import overload

@overload
def whole_sum(items: Iterable[int], start: int = 0) -> int: ...
@overload
def whole_sum(items: Iterable[Fraction], start: int = 0) -> Fraction: ...
def whole_sum(items: Iterable[int] | Iterable[Fraction], start: int = 0) -> int | Fraction:
    raise NotImplementedError
"""


def marked(source: str) -> str:
    """Return a module that calls `whole_sum` where it calls `sum`."""
    calls = [
        node.func
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "sum"
    ]
    lines = source.split("\n")
    for call in sorted(calls, key=lambda name: (name.lineno, name.col_offset), reverse=True):
        line = lines[call.lineno - 1].encode()
        line = line[: call.col_offset] + b"whole_sum" + line[call.col_offset + len("sum") :]
        lines[call.lineno - 1] = line.decode()
    text = "\n".join(lines)
    if not calls:
        return text
    first = "from __future__ import annotations\n"
    return text.replace(first, f"{first}from gradcalc.whole import whole_sum\n", 1)


def floats_added(folder: Path) -> list[str]:
    """Return where mypy finds floats in a built-in sum of the package."""
    package = folder / "gradcalc"
    shutil.copytree(ROOT / "gradcalc", package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "whole.py").write_text(STUB)
    for name in package.rglob("*.py"):
        name.write_text(marked(name.read_text(encoding="utf-8")), encoding="utf-8")
    (folder / "mypy.ini").write_text("[mypy]\nignore_missing_imports = true\n")
    command = [sys.executable, "-m", "mypy", "gradcalc"]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return [line for line in found.stdout.splitlines() if re.search(r": error: .*\"float\"", line)]


if __name__ == "__main__":
    with TemporaryDirectory() as place:
        wrong = floats_added(Path(place))
    print("\n".join(wrong) or "no sum of floats")
    sys.exit(bool(wrong))
