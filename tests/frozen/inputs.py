"""The files that the runs read: fixtures of the repository, and what is made of solutions."""

from __future__ import annotations

import multiprocessing
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = (
    ("problems", "problems"),
    ("tests/errors/files", "wrong"),
    ("tests/cli/hostile", "hostile"),
    ("tests/cases/answers", "answers"),
    ("tests/report/in_decimals", "in_decimals"),
    ("tests/report/not_meant", "not_meant"),
    ("tests/report/without_a_value", "without_a_value"),
)
"""Folders of the repository, and what they are called among the inputs."""


def lay_out(folder: Path, problems: str = "*") -> Path:
    """Copy and make all inputs in a new folder, and return it.

    problems: a pattern of the shipped problems that answers and classes are made for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for source, name in FIXTURES:
        shutil.copytree(ROOT / source, folder / name, ignore=shutil.ignore_patterns("*.py", "__*"))
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, fresh) as pool:  # this process stays as it is
        pool.submit(_make, str(folder), problems).result()
    shutil.rmtree(folder / "out", ignore_errors=True)
    return folder


def _make(folder: str, problems: str) -> None:
    from tests.frozen.made import make
    from tests.frozen.run import settle

    settle()
    os.chdir(folder)
    make(problems)
