"""The staircase: a module imports from lower steps alone, at the top of its file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FAD = Path(__file__).parent.parent / "fad"

# From the bottom up. Modules of one step do not import each other. A new module has to be entered here, and to say
# by its place what it may know.
STAIRS: tuple[tuple[str, ...], ...] = (
    ("source", "typing"),
    ("errors",),
    ("avals", "config", "tree"),
    ("primitive",),
    ("equation",),
    ("render",),
    ("graph",),
    ("dispatch", "recipes"),
    ("tracer",),
    ("leaves", "tracing"),
    ("primitives.structural",),
    ("primitives.elementwise",),
    ("primitives.bessel", "primitives.contraction", "primitives.control", "primitives.indexing", "primitives.printing",
     "primitives.rare", "primitives.reductions"),
    ("primitives.fft", "primitives.joining", "primitives.selection"),
    ("primitives.correlation", "primitives.logsum", "primitives.ordering"),
    ("primitives.interpolation",),
    ("primitives.linalg",),
    ("primitives.decompositions",),
    ("primitives.least_squares",),
    ("optimise.passes", "optimise.rewriting"),
    ("optimise.algebra", "optimise.structure"),
    ("optimise",),
    ("execute.lines", "execute.order", "execute.running", "execute.scalars"),
    ("execute.blocks",),
    ("execute.memory",),
    ("execute.writing",),
    ("execute.program",),
    ("execute.looping",),
    ("execute",),
    ("numpy.conventions",),
    ("numpy.indexing",),
    ("numpy.contractions", "numpy.fourier", "numpy.linear_algebra", "numpy.reductions", "numpy.shape",
     "numpy.sorting", "numpy.ufuncs"),
    ("numpy.arranging", "numpy.creation", "numpy.joining", "numpy.norms", "numpy.products", "numpy.statistics",
     "numpy.subscripts"),
    ("numpy.calculus", "numpy.choosing", "numpy.comparing", "numpy.coverage", "numpy.interpolation", "numpy.making",
     "numpy.methods", "numpy.names", "numpy.nans", "numpy.ordering", "numpy.polynomials", "numpy.quantiles",
     "numpy.writing"),
    ("numpy",),
    ("scipy.functions",),
    ("scipy",),  # loads the modules of the next steps, which import SciPy, by name and when they are needed
    ("scipy.integrate", "scipy.linalg", "scipy.matrix_functions", "scipy.signal", "scipy.special"),
    ("scipy.stats", "scipy.sums"),
    ("transforms.jvp", "transforms.masks", "transforms.split", "transforms.vmap"),
    ("transforms.pulling",),
    ("transforms.transpose",),
    ("transforms.call", "transforms.inner", "transforms.static"),
    ("transforms.branches", "transforms.loops", "transforms.recomputation", "transforms.scan"),
    ("transforms.checkpoint",),
    ("transforms.bodies", "transforms.turns"),
    ("transforms.control",),
    ("transforms.ruled",),
    ("transforms.jvp_rules", "transforms.vjp_rules"),
    ("transforms.constants", "transforms.custom", "transforms.jit", "transforms.staging"),
    ("transforms.grad", "transforms.mapping"),
    ("transforms.linearize",),
    ("transforms.jacobian", "transforms.matrix_free"),
    ("packing",),
    ("integrate", "solvers"),
    ("implicit", "optimize"),
    ("debug", "testing"),
    ("compat.errors", "compat.matrix", "optimizers"),
    ("compat.alias", "compat.local", "compat.utils"),
    ("compat.operation", "compat.record"),
    ("compat.calculus", "compat.session"),
    ("compat.config", "compat.node", "compat.vector"),
    ("compat.variable",),
    ("compat.blocks.block", "compat.functions", "compat.optimize"),
    ("compat.blocks.expo", "compat.blocks.hyperbolic", "compat.blocks.operations", "compat.blocks.trigo"),
    ("compat",),
    ("compat.__main__",),
    ("",),  # fad itself: the public names
    ("tour",),
    ("__main__",),
)
EMPTY = {"compat.blocks", "primitives", "transforms"}  # packages whose __init__ imports nothing

STEP = {module: step for step, modules in enumerate(STAIRS) for module in modules}


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


def test_every_module_has_a_step() -> None:
    unknown = set(MODULES) - set(STEP) - EMPTY
    assert not unknown, f"enter these modules in STAIRS: {sorted(unknown)}"
    gone = set(STEP) - set(MODULES)
    assert not gone, f"these modules of STAIRS are not there: {sorted(gone)}"


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text("utf-8"))
    for node in import_statements(tree):
        for imported in imports(module, node):
            assert module not in EMPTY, f"line {node.lineno}: the package {module} imports {imported}"
            if module not in STEP or imported not in STEP:
                continue  # test_every_module_has_a_step says so
            assert STEP[imported] < STEP[module], (
                f"{MODULES[module]}:{node.lineno}: {module or 'fad'} imports {imported or 'fad'}, no step below it")


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


def test_the_test_sees_a_step_up() -> None:
    tree = ast.parse("from ..numpy import ufuncs, conventions\nfrom .. import tree\nfrom ..graph import Graph")
    found = [name for node in import_statements(tree) for name in imports("primitives.structural", node)]
    assert found == ["numpy.ufuncs", "numpy.conventions", "tree", "graph"]
    [node] = import_statements(ast.parse("from .transforms.grad import grad"))
    assert list(imports("", node)) == ["transforms.grad"]
