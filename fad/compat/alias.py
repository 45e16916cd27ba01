"""The name `autograd` for this package, so that legacy scripts import it without a change.

    >>> from fad.compat import installed
    >>> with installed():
    ...     import autograd as ad
    >>> ad.__name__
    'fad.compat'
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from .errors import ForeignPackageError

__all__ = ["LEGACY", "MODULES", "install", "installed", "uninstall"]

LEGACY = "autograd"
MODULES = ("", ".variable", ".optimize", ".config", ".node", ".utils", ".blocks", ".blocks.block", ".blocks.operations",
           ".blocks.trigo", ".blocks.hyperbolic", ".blocks.expo")
_OURS = __name__.rpartition(".")[0]


class _NoOthers(MetaPathFinder):
    """Answers for names below `autograd` that the legacy package does not have.

    Without it the import system would look for them on its path: in our own folder and, for a moment when an
    entry of sys.modules is gone, in another package named autograd.
    """

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name == LEGACY or name.startswith(LEGACY + "."):
            raise ModuleNotFoundError(
                f"No module named {name!r}: here {LEGACY} is the legacy package that fad.compat stands for, and it has "
                f"the modules {', '.join(LEGACY + m for m in MODULES)}", name=name)
        return None


_finder = _NoOthers()


def _is_installed() -> bool:
    return _finder in sys.meta_path


def install() -> None:
    """Let `import autograd` and its submodules mean fad.compat, in this process; again does no harm.

    Another package named autograd that is merely installed on the machine is shadowed.

    Raises:
        ForeignPackageError: another one has been imported already; an ImportError.
    """
    if _is_installed():
        return
    for name, module in sys.modules.items():
        if name == LEGACY or name.startswith(LEGACY + "."):
            place = getattr(module, "__file__", None) or "an unknown place"
            raise ForeignPackageError(
                f"another package named {LEGACY} has been imported already, as {name}, from {place}",
                why="code that uses it would find fad.compat in its place",
                edit="call fad.compat.install() before it is imported, or keep the two in processes of their own: "
                     "python -m fad.compat script.py")
    for module_name in MODULES:
        sys.modules[LEGACY + module_name] = importlib.import_module(_OURS + module_name)
    sys.meta_path.insert(0, _finder)


def uninstall() -> None:
    """Undo `install`; modules that have imported fad.compat under its legacy name keep it."""
    if not _is_installed():
        return
    sys.meta_path.remove(_finder)
    for module_name in MODULES:
        sys.modules.pop(LEGACY + module_name, None)


@contextmanager
def installed() -> Iterator[None]:
    """A context in which `import autograd` means fad.compat.

    Raises:
        ForeignPackageError: another package of that name has been imported already; an ImportError.
    """
    before = _is_installed()
    install()
    try:
        yield
    finally:
        if not before:
            uninstall()
