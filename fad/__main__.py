"""The command line: `python -m fad` gives the tour, `python -m fad grad` the gradient of a user's function."""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import fad
from fad.tour import difference, tour

_CHECKED = 200  # entries of an argument compared with differences, each for two calls of the function
_AGREES, _AGREES_SINGLE = 1e-5, 1e-2  # the relative difference up to which differences confirm a gradient


class UsageError(Exception):
    """What was asked for on the command line cannot be done; its message says why. Exit code 2."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after `python -m fad`; by default, those of this process.

    Returns:
        The exit code: 0; 1 for an error in differentiating; 2 for a wrong command.
    """
    parser = argparse.ArgumentParser(
        prog="python -m fad", description="Differentiate plain NumPy functions. Without a command: the tour.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    grad = commands.add_parser(
        "grad", help="value and gradient of a function of yours, checked against differences",
        description="Print the value and the gradient of FUNCTION, defined in FILE.py, and compare the gradient "
                    "with central differences.")
    grad.add_argument("spec", metavar="FILE.py:FUNCTION", help="a function that returns one number")
    grad.add_argument(
        "--at", action="append", required=True, metavar="VALUE",
        help="an argument, once for each: '1.5' is a number, '1.0, 2.0' an array, and the name of a .npy or .csv "
             "file the array in it")
    options = parser.parse_args(_joined(sys.argv[1:] if argv is None else argv))
    if options.command is None:
        tour()
        return 0
    try:
        return show_gradient(load_function(options.spec), options.spec, [load_argument(text) for text in options.at])
    except UsageError as error:
        print(f"python -m fad grad: {error}", file=sys.stderr)
        return 2


def _joined(argv: Sequence[str]) -> list[str]:
    """`--at -1.0,2.0` as `--at=-1.0,2.0`: argparse takes what begins with a minus for an option."""
    words = list(argv)
    while "--at" in words[:-1]:
        i = words.index("--at")
        words[i:i + 2] = [f"--at={words[i + 1]}"]
    return words


# -- what the words mean ------------------------------------------------------------------------------


def load_function(spec: str) -> Callable[..., Any]:
    """The function that FILE.py:FUNCTION names.

    Args:
        spec: a path, a colon and a name.

    Returns:
        The function.

    Raises:
        UsageError: there is no such file or function, or the file cannot be imported.
    """
    file, colon, name = spec.rpartition(":")
    if not colon or not file or not name:
        raise UsageError(f"{spec!r} is not of the form FILE.py:FUNCTION")
    path = Path(file)
    if not path.is_file():
        raise UsageError(f"there is no file {file}")
    module_name = f"user's {path.stem}"  # a name that hides no other module: the file may be called numpy.py
    module_spec = importlib.util.spec_from_file_location(module_name, path)
    if module_spec is None or module_spec.loader is None:
        raise UsageError(f"{file} is not a Python file: its name must end in .py")
    module = importlib.util.module_from_spec(module_spec)
    sys.path.insert(0, str(path.parent.resolve()))  # as `python FILE.py` has it
    sys.modules[module_name] = module  # dataclasses look their module up
    try:
        module_spec.loader.exec_module(module)
    except Exception as error:  # whatever the file raises: it has not become a module
        line = _line_in(module_spec.origin, error)
        raise UsageError(f"{file} could not be imported: {type(error).__name__}: {error}{line}") from error
    function = getattr(module, name, None)
    if function is None:
        names = [n for n, f in vars(module).items() if inspect.isfunction(f) and f.__module__ == module_name]
        raise UsageError(f"{file} has no function {name}; it has {', '.join(names) or 'none at all'}")
    if not callable(function):
        raise UsageError(f"{name} in {file} is a {type(function).__name__}, not a function")
    result: Callable[..., Any] = function
    return result


def _line_in(file: str | None, error: BaseException) -> str:
    """The line of the user's file at which an error was raised."""
    line, traceback = None, error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == file:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return f" (line {line})" if line is not None else ""


def load_argument(text: str) -> Any:
    """One argument: a float, an array of the numbers between commas, or the array in a file.

    Args:
        text: what was given to --at.

    Returns:
        The number or array.

    Raises:
        UsageError: it is neither.

    >>> load_argument("1.5"), load_argument("1, 2")
    (1.5, array([1., 2.]))
    """
    try:
        if text.endswith(".npy"):
            return np.load(text, allow_pickle=False)
        if text.endswith(".csv"):
            return np.loadtxt(text, delimiter=",")
    except FileNotFoundError:
        raise UsageError(f"--at {text}: there is no such file") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"--at {text}: the file has no array of numbers: {error}") from error
    try:
        numbers = [float(part) for part in text.removesuffix(",").split(",")]
    except ValueError:
        raise UsageError(f"--at {text!r} is neither a number, nor numbers with commas between them, nor the name of a "
                         ".npy or .csv file") from None
    return np.array(numbers) if "," in text else numbers[0]


# -- the command --------------------------------------------------------------------------------------


def show_gradient(f: Callable[..., Any], spec: str, arguments: Sequence[Any]) -> int:
    """Print the value of f, its gradient in each argument, and how far the gradient is from differences.

    Args:
        f: the function.
        spec: what the user called it.
        arguments: numbers and arrays, all of them to be differentiated.

    Returns:
        The exit code.

    Raises:
        UsageError: f does not take that many arguments.
    """
    names = _names(f, spec, arguments)
    try:
        value, gradients = fad.value_and_grad(f, tuple(range(len(arguments))))(*arguments)
    except fad.errors.FadError as error:
        if error.source is not None and error.source.file == __file__:  # the call here is not what is wrong
            error.args = (str(error).replace(str(error.source), spec),)
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(f"value\n  {value}")
    for i, (name, gradient) in enumerate(zip(names, gradients, strict=True)):
        print(f"gradient in {name}\n" + "\n".join("  " + line for line in str(gradient).splitlines()))
        print("  " + _check(f, arguments, i, np.asarray(gradient)))
    return 0


def _names(f: Callable[..., Any], spec: str, arguments: Sequence[Any]) -> list[str]:
    """The names of the parameters that the arguments go to."""
    try:
        signature = inspect.signature(f)
    except (TypeError, ValueError):  # some builtins have no signature
        return [f"argument {i}" for i in range(len(arguments))]
    try:
        bound = signature.bind(*arguments).arguments
    except TypeError as error:
        raise UsageError(f"{spec} takes the arguments {signature}, and --at was given {len(arguments)} times: "
                         f"{error}") from None
    names = list(bound)
    return names if len(names) == len(arguments) else [f"argument {i}" for i in range(len(arguments))]


def _check(f: Callable[..., Any], arguments: Sequence[Any], i: int, gradient: Any) -> str:
    """One line: how far the gradient in argument i is from central differences."""
    every = list(np.ndindex(gradient.shape))
    entries = every[::max(1, -(-len(every) // _CHECKED))]
    if not entries:
        return "has no entries to compare with central differences"
    exact = np.array([gradient[entry] for entry in entries])
    slopes = np.array([difference(f, arguments, i, entry) for entry in entries])
    distances = abs(exact - slopes)
    worst = int(np.argmax(distances))
    relative = distances[worst] / max(float(np.max(abs(exact))), float(np.max(abs(slopes))), np.finfo(float).tiny)
    if relative <= (_AGREES if np.finfo(gradient.dtype).eps < 1e-10 else _AGREES_SINGLE):
        share = f" of {len(every)}" if len(entries) < len(every) else ""
        where = f" in {len(entries)}{share} entries" if gradient.ndim else ""
        return f"agrees with central differences{where} (relative difference at most {relative:.0e})"
    where = f" at [{', '.join(map(str, entries[worst]))}]" if gradient.ndim else ""
    return (f"differs from central differences{where}: {exact[worst]} here, {slopes[worst]} there (a kink or a jump "
            "near by, or a function that is too steep for differences?)")


if __name__ == "__main__":
    sys.exit(main())
