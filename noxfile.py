"""`nox`: the tests on each Python that is found, and on the lowest NumPy; types; style. `nox -s tests-3.13`: one of them.

`.ci/run` runs these sessions. What stands after `--` goes to pytest: `nox -s lowest -- -k fabs`.
"""

from __future__ import annotations

import nox

nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False  # where CI is set, too


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """The tests, with the newest NumPy."""
    session.install("-e", ".[test]")
    session.run("pytest", "-q", *session.posargs)


@nox.session(python="3.11")
def lowest(session: nox.Session) -> None:
    """The tests and fad's types with the lowest that pyproject.toml allows, and the types with a NumPy in between."""
    session.install("-e", ".[test]", "numpy==2.0.*", "scipy==1.15.*")
    session.run("pytest", "-q", *session.posargs)
    session.run("mypy", "--strict", "fad")
    session.install("numpy==2.2.*")
    session.run("mypy", "--strict", "fad")


@nox.session
def types(session: nox.Session) -> None:
    """What type checkers say of fad, of the examples and of the typed programs in tests/typing."""
    session.install("-e", ".[test]", "numpy<2.5")  # whose stubs are others
    session.run("mypy", "--strict")
    session.run("basedpyright")


@nox.session
def style(session: nox.Session) -> None:
    """The rules of pyproject.toml."""
    session.install("ruff>=0.9")
    session.run("ruff", "check")
