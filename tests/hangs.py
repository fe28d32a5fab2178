"""A bound on the work of what must come to an end, however busy the machine is."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator

PATIENCE = 30.0  # seconds of work: tens of times what any of it takes on a quiet machine


class Late(BaseException):
    """Work that takes longer than any may."""


@contextlib.contextmanager
def bounded(seconds: float = PATIENCE) -> Iterator[None]:
    """Raise Late after so many seconds of this process's own work."""

    def late(*_: object) -> None:
        raise Late

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
