"""Settings of all tests: the same examples in every run, no clock, what was skipped again."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests import shown

settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("steady")

CACHE = "gradcalc/skipped"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--skipped", action="store_true", help="run only what the last run skipped")
    parser.addoption("--slow", action="store_true", help="run only the tests that are marked slow")
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")


def pytest_configure(config: pytest.Config) -> None:
    # hundreds of programs are started: they should compile the package once
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    shown.UPDATE = config.getoption("--update-golden")
    config.addinivalue_line("markers", "slow: left out unless --slow is given")
    if not hasattr(config, "workerinput"):  # with pytest-xdist, all reports reach this process
        config.pluginmanager.register(_Skipped(config))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    cache = getattr(config, "cache", None)  # it can be switched off
    before = cache.get(CACHE, []) if cache else []
    slow = config.getoption("--slow")

    def wanted(item: pytest.Item) -> bool:
        if (item.get_closest_marker("slow") is not None) != slow:
            return False
        again = {item.nodeid, item.nodeid.partition("::")[0]} & set(before)
        return bool(again) or not config.getoption("--skipped")

    left = [item for item in items if not wanted(item)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if wanted(item)]


class _Skipped:
    """Remembers which tests and modules were skipped."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.names: set[str] = set()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.names.add(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self.names.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        cache = getattr(self.config, "cache", None)
        if cache:
            cache.set(CACHE, sorted(self.names))
