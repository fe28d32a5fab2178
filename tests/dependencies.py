"""Run tests with the oldest, or the newest, allowed version of every dependency.

    python -m tests.dependencies oldest tests/errors tests/problem

makes an environment of its own in a temporary folder, installs the checkout there, lists
the versions, and hands all further arguments to pytest. Exit code: pytest's.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
TOOLS = frozenset(("mypy", "ruff", "types-PyYAML"))
"""What checks the source and takes no part in its tests."""
_BOUND = re.compile(r"^(?P<name>[A-Za-z0-9_.-]+)>=(?P<oldest>[0-9.]+)$")


def requirements() -> list[str]:
    """Return what the package and its tests need, as pyproject.toml says it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    return [line for line in needed if named(line)[0] not in TOOLS]


def named(requirement: str) -> tuple[str, str]:
    """Return the name and the lower bound of a requirement, which has to have one."""
    found = _BOUND.match(requirement)
    if found is None:
        raise ValueError(f"pyproject.toml: {requirement} has no lower bound of the form name>=1.2")
    return found["name"], found["oldest"]


def pinned(requirement: str) -> str:
    """Return a requirement that only its own lower bound satisfies."""
    name, oldest = named(requirement)
    return f"{name}=={oldest}"


def install(folder: Path, which: str) -> Path:
    """Make an environment and return its interpreter."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    exact = [pinned(line) if which == "oldest" else line for line in requirements()]
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--upgrade", "-e", str(ROOT), *exact], check=True)
    subprocess.run([*pip[:4], "list"], check=True)
    return python


def main(arguments: Sequence[str]) -> int:
    """Test in an environment that is thrown away afterwards."""
    if not arguments or arguments[0] not in ("oldest", "newest"):
        print("usage: python -m tests.dependencies oldest|newest [ARGUMENTS OF PYTEST]")
        return 2
    with tempfile.TemporaryDirectory(prefix="gradcalc-") as folder:
        python = install(Path(folder), arguments[0])
        return subprocess.run(
            [str(python), "-m", "pytest", *arguments[1:]], cwd=ROOT, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
