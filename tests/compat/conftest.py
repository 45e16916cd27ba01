"""A session of its own for each test, in each mode where the test asks for `mode`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fad.compat.session import Mode, apart, set_mode


@pytest.fixture(autouse=True)
def _own_session() -> Iterator[None]:
    with apart():
        yield


@pytest.fixture(params=["forward", "reverse"])
def mode(request: pytest.FixtureRequest) -> Mode:
    chosen: Mode = request.param
    set_mode(chosen)
    return chosen
