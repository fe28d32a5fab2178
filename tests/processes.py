"""How tests start programs: as from a terminal, and with time enough on a busy machine."""

from __future__ import annotations

import os
import signal

SECONDS = 300
"""What a program may take before a test gives up: a bound for a hang, no measure of speed."""


def as_from_a_terminal() -> None:
    """Let a child be interrupted: run in the background, tests may be deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def spent_by_children() -> float:
    """Return the seconds of computing of all programs that were started and have ended."""
    times = os.times()
    return times.children_user + times.children_system
