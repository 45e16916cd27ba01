"""The floors: a folder imports from lower floors alone, a file from lower steps, at the top."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FAD = Path(__file__).parent.parent / "fad"

# From the bottom up. A floor has rooms, each a folder of `fad` (or a file, or some files that stand at the top); a room has
# steps. A file imports from lower floors, and from lower steps of its own room: rooms of one floor do not know each other,
# nor do files of one step. A new file has to be entered here, and to say by its place what it may know.
FLOORS: tuple[dict[str, tuple[str, ...]], ...] = (
    {  # 0: the ground: lines of the user's file, types of signatures, mistakes, settings, containers
        "": ("source typing", "errors", "config tree"),
    },
    {  # 1: what is a program, and how does a function become one?
        "core": ("avals", "primitive", "equation", "render", "graph", "dispatch", "recipes", "tracer", "leaves tracing"),
    },
    {  # 2: what operations are there?
        "primitives": (
            "structural", "family", "slopes", "elementwise", "bessel contraction control indexing printing rare reductions",
            "fft joining selection", "correlation logsum ordering", "interpolation", "linalg", "decompositions",
            "least_squares"),
    },
    {  # 3: what do NumPy's names come to?  Graph -> Graph
        "numpy": (
            "conventions", "indexing", "views",
            "contractions fourier linear_algebra reductions shape sorting ufuncs",
            "arranging creation joining norms products statistics subscripts",
            "calculus choosing comparing coverage interpolation making methods names nans ordering polynomials quantiles "
            "writing", "rules",
            "__init__"),
        "passes": (
            "simplify.rewriting simplify.unused", "simplify.algebra simplify.structure", "simplify", "jvp masks split vmap",
            "pulling", "transpose", "linearize", "jacobian"),
    },
    {  # 4: how does a graph run on NumPy?
        "execute": ("lines order running scalars", "blocks", "memory", "writing", "program", "looping", "__init__"),
    },
    {  # 5: primitives that hold programs
        "nested": ("inner", "branches loops matrix_free recomputation ruled scan", "bodies jvp_rules turns vjp_rules"),
    },
    {  # 6: function in, function out
        "transforms": (
            "call static", "checkpoint constants control custom paths staging", "jit", "grad linearize jacobian mapping"),
    },
    {  # 7: what is built on the transforms
        "solving": ("limits packing", "minimising solvers"),
        "": ("integrate implicit optimize", "debug extend testing", "optimizers"),
    },
    {  # 8: SciPy's names; skins: other packages' interfaces
        "scipy": (
            "functions", "__init__",  # which loads the modules above it, that import SciPy, by name and when they are needed
            "integrate linalg matrix_functions signal special", "stats sums"),
        "compat": (
            "errors matrix", "alias local utils", "operation record", "calculus session", "config node vector", "variable",
            "blocks.block functions optimize", "blocks.expo blocks.hyperbolic blocks.operations blocks.trigo", "__init__",
            "__main__"),
    },
    {  # 9: the names; the tour; the command line
        "": ("__init__", "tour", "__main__"),
    },
)
EMPTY = {"compat.blocks", "core", "nested", "passes", "primitives", "solving", "transforms"}  # import nothing


def module_in(room: str, name: str) -> str:
    return ".".join(part for part in (room, name) if part and part != "__init__")


# A module's place: its floor, its room, its step.
PLACE = {module_in(room, name): (floor, room, step)
         for floor, rooms in enumerate(FLOORS) for room, steps in rooms.items()
         for step, names in enumerate(steps) for name in names.split()}


def may_import(module: str, other: str) -> bool:
    """Whether the other module is on a lower floor, or on a lower step in the same room or at the top."""
    (floor, room, step), (below, other_room, other_step) = PLACE[module], PLACE[other]
    return below < floor or below == floor and (
        other_room == room and other_step < step or room == "" and other_room != "")


def module_of(path: Path) -> str:
    """fad/numpy/ufuncs.py is numpy.ufuncs, fad/numpy/__init__.py is numpy."""
    parts = path.relative_to(FAD).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in sorted(FAD.rglob("*.py"))}


def imports(module: str, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """The modules of fad that an import statement of this module names."""
    if isinstance(node, ast.Import):
        absolute = [alias.name for alias in node.names]
        yield from (name[4:] for name in absolute if name == "fad" or name.startswith("fad."))
        return
    if node.level:
        package = module.split(".") if MODULES[module].name == "__init__.py" else module.split(".")[:-1]
        package = [part for part in package if part]
        base = [*package[:len(package) - node.level + 1], *(node.module or "").split(".")]
    elif node.module is not None and node.module.split(".")[0] == "fad":
        base = node.module.split(".")[1:]
    else:
        return
    origin = ".".join(part for part in base if part)
    for alias in node.names:  # from .. import tree names the module tree, from ..graph import Graph the module graph
        inner = f"{origin}.{alias.name}" if origin else alias.name
        yield inner if inner in MODULES else origin


def import_statements(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    return (node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)))


def test_every_file_has_a_place() -> None:
    unknown = set(MODULES) - set(PLACE) - EMPTY
    assert not unknown, f"enter these modules in FLOORS: {sorted(unknown)}"
    gone = set(PLACE) - set(MODULES)
    assert not gone, f"these modules of FLOORS are not there: {sorted(gone)}"


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text("utf-8"))
    for node in import_statements(tree):
        for imported in imports(module, node):
            assert module not in EMPTY, f"line {node.lineno}: the package {module} imports {imported}"
            if module not in PLACE or imported not in PLACE:
                continue  # test_every_file_has_a_place says so
            assert may_import(module, imported), (
                f"{MODULES[module]}:{node.lineno}: {module or 'fad'} imports {imported or 'fad'}, which is not below it")


@pytest.mark.parametrize("module", MODULES)
def test_imports_are_at_the_top(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text("utf-8"))
    body = tree.body[1:] if ast.get_docstring(tree) is not None else tree.body
    top = [node for node in body if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert body[:len(top)] == top, f"{module}: an import comes after other statements"
    lines = MODULES[module].read_text("utf-8").splitlines()
    checked = {node for test in body if isinstance(test, ast.If) and "TYPE_CHECKING" in ast.unparse(test.test)
               for node in test.body}  # never run
    late = [node.lineno for node in import_statements(tree) if node not in top and node not in checked
            and (list(imports(module, node)) or "  # " not in lines[node.lineno - 1])]  # put off, and the line says why
    assert not late, f"{module}: imports inside functions, conditions or classes, at lines {late}"


def test_the_test_sees_a_way_up() -> None:
    tree = ast.parse("from ..numpy import ufuncs, conventions\nfrom .. import tree\nfrom ..core.graph import Graph")
    found = [name for node in import_statements(tree) for name in imports("primitives.structural", node)]
    assert found == ["numpy.ufuncs", "numpy.conventions", "tree", "core.graph"]
    [node] = import_statements(ast.parse("from .transforms.grad import grad"))
    assert list(imports("", node)) == ["transforms.grad"]
    assert [may_import("passes.jvp", other) for other in ("core.graph", "numpy.ufuncs", "passes.masks", "execute")] == [
        True, False, False, False]
