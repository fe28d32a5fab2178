"""All runs, many to a process, in an order of their own."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from fnmatch import fnmatchcase
from pathlib import Path

from tests.frozen.run import Run, perform, settle
from tests.frozen.store import told
from tests.frozen.table import runs

SHARE = 20
"""Runs that a process is given at a time."""


def chosen(inputs: Path, only: str) -> dict[str, Run]:
    """Return the rows whose names fit a pattern."""
    rows = runs(inputs)
    found = {run.name: run for run in rows}
    assert len(found) == len(rows), "two runs have one name"
    return {name: found[name] for name in among(found, only)}


def among(names: Iterable[str], only: str) -> list[str]:
    """Return the names that fit a pattern."""
    return [name for name in names if fnmatchcase(name, only)]


def outcomes(rows: Mapping[str, Run], inputs: Path, jobs: int) -> Iterator[tuple[str, bytes]]:
    """Yield the name of each run and what it gives, as they come."""
    order = list(rows.values())
    random.Random().shuffle(order)  # another one in every call: nothing may depend on it
    shares = [order[at : at + SHARE] for at in range(0, len(order), SHARE)]
    os.environ.pop("PYTHONHASHSEED", None)  # each process draws its own, for the same reason
    fresh = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(jobs, fresh, _begin, (str(inputs), folder)) as pool,
    ):
        for share in as_completed([pool.submit(_performed, share) for share in shares]):
            yield from share.result()


def _begin(inputs: str, folder: str) -> None:
    """Settle a process in a folder of its own, with copies of the inputs."""
    settle()
    own = Path(folder) / str(os.getpid())
    shutil.copytree(inputs, own)
    os.chdir(own)


def _performed(share: list[Run]) -> list[tuple[str, bytes]]:
    return [(run.name, told(run, perform(run))) for run in share]
