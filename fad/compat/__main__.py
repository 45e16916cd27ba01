"""`python -m fad.compat script.py [ARGS...]`: run a legacy script with `autograd` bound to fad.compat.

    python -m fad.compat script.py [ARGS...]
    python -m fad.compat -m MODULE [ARGS...]
    python -m fad.compat -c CODE [ARGS...]

as `python` itself takes them: `sys.argv`, `sys.path`, `__main__`, the exit code and tracebacks are the script's own.

    python -m fad.compat --stubs [FOLDER]

prints where the stubs are by which type checkers know `autograd`, or copies them into a folder.
"""

from __future__ import annotations

import linecache
import os
import pkgutil
import runpy
import shutil
import sys
import textwrap
import zipfile
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from fad.compat.alias import LEGACY, install

_USAGE = ("usage: python -m fad.compat script.py [ARGS...]\n       python -m fad.compat -m MODULE [ARGS...]\n"
          "       python -m fad.compat -c CODE [ARGS...]\n       python -m fad.compat --stubs [FOLDER]\n")


def _fresh_main() -> dict[str, Any]:
    """A new, empty `__main__`; returns its namespace."""
    module = ModuleType("__main__")
    module.__dict__.update(__builtins__=__builtins__)
    if "__annotations__" in globals():  # as far as Python begins with them
        module.__annotations__ = {}
    sys.modules["__main__"] = module
    return module.__dict__


def _run_code(code: str, arguments: list[str]) -> None:
    sys.argv[:] = ["-c", *arguments]
    sys.path[0] = ""
    if sys.version_info >= (3, 14):
        code = textwrap.dedent(code)
    if sys.version_info >= (3, 13):  # tracebacks show the lines
        linecache.cache["<string>"] = len(code), None, [line + "\n" for line in code.splitlines()], "<string>"
    exec(compile(code, "<string>", "exec", dont_inherit=True), _fresh_main())


def _run_module(name: str, arguments: list[str]) -> None:
    sys.argv[:] = ["-m", *arguments]
    _fresh_main()
    runpy._run_module_as_main(name)  # type: ignore[attr-defined]  # what `python -m` calls


def _run_script(path: str, arguments: list[str]) -> None:
    sys.argv[:] = [path, *arguments]
    if pkgutil.get_importer(path) is not None and not _is_file_of_source(path):  # a folder, an archive
        sys.path[0] = os.path.abspath(path)
        _fresh_main()
        runpy._run_module_as_main("__main__", False)  # type: ignore[attr-defined]  # as above
        return
    file = os.path.abspath(path)
    try:
        with open(path, "rb") as stream:
            source = stream.read()
    except OSError as error:
        sys.stderr.write(f"{sys.executable}: can't open file {file!r}: [Errno {error.errno}] {error.strerror}\n")
        raise SystemExit(2) from None
    sys.path[0] = os.path.dirname(os.path.realpath(path))
    namespace = _fresh_main()
    namespace.update(__file__=file, __cached__=None, __loader__=SourceFileLoader("__main__", file))
    exec(compile(source, file, "exec", dont_inherit=True), namespace)


def _is_file_of_source(path: str) -> bool:
    return os.path.isfile(path) and not zipfile.is_zipfile(path)


def _with_own_exit(run: Callable[[str, list[str]], None], what: str, arguments: list[str]) -> None:
    """Run, and let the interpreter end as it would have ended; but show the traceback without the runner's frames."""
    try:
        run(what, arguments)
    except SystemExit:
        raise
    except BaseException as error:
        error.__traceback__ = _without_ours(error.__traceback__)
        sys.excepthook(type(error), error, error.__traceback__)
        sys.excepthook = lambda *shown: None
        raise


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


def _show_stubs(into: str | None) -> None:
    """Print the folder that has the stubs; with another, copy them there and print that."""
    here = Path(__file__).resolve().parent
    found = [folder for folder in (here / "stubs", here.parents[1] / "typings") if (folder / LEGACY).is_dir()]
    if not found:
        raise SystemExit(f"no stubs in {here / 'stubs'}: install fad from a wheel, or from a checkout that has typings/")
    if into is None:
        print(found[0])
        return
    new, old = (folder / LEGACY / "__init__.pyi" for folder in (found[0], Path(into)))
    title, *_ = new.read_text("utf-8").splitlines()
    if old.parent.exists() and not (old.is_file() and old.read_text("utf-8").startswith(title)):
        raise SystemExit(f"{old.parent} is there already, and is not ours: name another folder")
    shutil.copytree(new.parent, old.parent, dirs_exist_ok=True)
    print(into)


def main() -> None:
    """Run what the command line asks for."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        (sys.stdout if arguments else sys.stderr).write(_USAGE)
        raise SystemExit(0 if arguments else 2)
    runners = {"-c": _run_code, "-m": _run_module}
    if arguments[0] == "--stubs" and len(arguments) <= 2:
        _show_stubs(arguments[1] if len(arguments) == 2 else None)
        return
    option = arguments[0][:2]
    install()
    if option in runners:
        rest = [arguments[0][2:], *arguments[1:]] if len(arguments[0]) > 2 else arguments[1:]
        if not rest:
            sys.stderr.write(f"Argument expected for the {option} option\n{_USAGE}")
            raise SystemExit(2)
        _with_own_exit(runners[option], rest[0], rest[1:])
    elif option[0] == "-":
        sys.stderr.write(f"unknown option {arguments[0]}\n{_USAGE}")
        raise SystemExit(2)
    else:
        _with_own_exit(_run_script, arguments[0], arguments[1:])


if __name__ == "__main__":
    main()
