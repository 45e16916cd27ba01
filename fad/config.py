"""Settings of fad as a whole, for a while or for good.

>>> import fad
>>> with fad.config(threads=2):
...     fad.config.threads
2
>>> fad.config.threads
1
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .errors import ArgumentError

__all__ = ["Settings", "settings"]


class Settings:
    """The settings; `fad.config` is their only instance.

    `threads`: on how many threads the blocks of an entrywise computation on large arrays may run; 1, the default, for
    the calling thread alone.
    """

    __slots__ = ("_threads",)

    def __init__(self) -> None:
        self._threads = 1

    @property
    def threads(self) -> int:
        return self._threads

    @threads.setter
    def threads(self, n: int) -> None:
        if n < 1:
            raise ArgumentError(f"fad.config got threads={n!r}", edit="give a whole number of 1 or more")
        self._threads = n

    @contextmanager
    def __call__(self, *, threads: int | None = None) -> Iterator[Settings]:
        """Change settings within a `with` block."""
        before = self._threads
        if threads is not None:
            self.threads = threads
        try:
            yield self
        finally:
            self._threads = before


settings = Settings()
