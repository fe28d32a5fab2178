"""PyTorch, which some tests hold values against, where it is installed."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import pytest

torch: Any = importlib.import_module("torch") if importlib.util.find_spec("torch") else None
needs_torch = pytest.mark.skipif(torch is None, reason="PyTorch is not installed")
