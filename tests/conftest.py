"""What all tests share: the option --slow, and how hypothesis behaves."""

from __future__ import annotations

import pytest
from hypothesis import settings

collect_ignore = ["typing"]  # files for the type checker: checked, and not run

# Examples are drawn the same way on every run, so that a red run can be looked at; and a busy machine is no failure.
settings.register_profile("fad", deadline=None, derandomize=True)
settings.load_profile("fad")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow as well")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="slow: run with --slow"))
