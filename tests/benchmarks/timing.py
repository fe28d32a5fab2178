"""Ratios of paired measurements: the thing and its reference in turn, in one run."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Measure = Callable[[], float]


@dataclass(frozen=True)
class Row:
    """One goal: what is measured, against what, and the ratio that is to be reached."""

    name: str
    what: str
    reference: str
    goal: float
    ratio: float

    @property
    def reached(self) -> bool:
        return self.ratio <= self.goal


def paired(thing: Measure, reference: Measure, pairs: int) -> float:
    """Return the median ratio of pairs measured one after the other."""
    thing(), reference()
    return statistics.median(thing() / reference() for _ in range(pairs))


def wall(command: Sequence[str], **environment: str) -> Measure:
    """Measure the wall time of a process in seconds."""
    return lambda: _process(command, environment)[0]


def cpu(command: Sequence[str], **environment: str) -> Measure:
    """Measure the CPU time of a process in seconds."""
    return lambda: _process(command, environment)[1]


def _process(command: Sequence[str], environment: dict[str, str]) -> tuple[float, float]:
    keep = {
        k: v
        for k, v in os.environ.items()
        if k not in ("OPENBLAS_NUM_THREADS", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(
        command,
        env={**keep, **environment},
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
    return seconds, used


def calls(action: Callable[[], object], count: int) -> Measure:
    """Measure the wall time of one of `count` calls in this process."""

    def measure() -> float:
        start = time.perf_counter()
        for _ in range(count):
            action()
        return (time.perf_counter() - start) / count

    return measure
