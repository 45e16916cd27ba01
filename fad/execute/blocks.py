"""Which equations run together, block by block, and in which order everything runs.

Entrywise work on an array that is larger than the cache waits for memory. So equations whose arrays have
the same first axis are gathered into a Block, which goes through that axis some thousand entries at a time:
the values between its equations never leave the cache. A block may begin with rows of any array, repeat
numbers and rows, add up along other axes within a row, and end in sums along the first axis.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from ..core.equation import Equation, Var, variables
from ..core.graph import Graph
from ..core.primitive import Primitive
from ..primitives.selection import max_p, min_p
from ..primitives.structural import broadcast_p, sum_p
from .order import late

__all__ = ["Block", "schedule"]

_LEAST_SIZE = 1 << 13  # entries of an array for which a block may be worth its loop
_LEAST_WORK = 1 << 16  # entries that a block computes in all, so that it is
_BLOCK_ENTRIES = 8192
_FEW = 1 << 17  # entries of an array that is gone through in blocks of half the size: it is in the cache nearly
_MOST_OPEN = 8  # blocks that an equation may still join
_REDUCTIONS: tuple[Primitive, ...] = (sum_p, max_p, min_p)


@dataclass(slots=True, eq=False)
class Block:
    """Equations that run together on `rows` entries of a first axis of size `n` at a time."""

    n: int
    bit: int  # names it in a set of blocks
    needs: int = 0  # the blocks that must have run before
    rows: int = 0
    members: list[Equation] = field(default_factory=list)
    rows_of: set[Var] = field(default_factory=set)  # results that come row by row
    totals: set[Var] = field(default_factory=set)  # results that are sums along the first axis


def schedule(graph: Graph) -> list[Equation | Block]:
    """The equations of a program, some of them gathered into blocks, in an order in which all can run."""
    largest = max((v.aval.size for e in graph.equations for v in e.results), default=0)
    if largest < _LEAST_SIZE:
        return list(graph.equations)
    blocks: list[Block] = []
    after: dict[Var, int] = {}  # variable -> the blocks that must have run, as bits
    places: list[Block | None] = []
    equations = late(graph)
    n_closed = 0
    for equation in equations:
        used = list(variables(equation.operands))
        n = _leading(equation)
        block = None if n is None else _home(blocks, n_closed, n, used, after)
        places.append(block)
        if block is None:
            kind, largest = equation.primitive.kind, max([a.aval.size for a in equation.operands], default=0)
            if kind == "effect" or kind != "view" and not equation.primitive.overwrite and largest >= _LEAST_SIZE:
                n_closed = len(blocks)  # what follows a guard may not be wanted, and after heavy work it would only wait
            needed = 0
            for v in used:
                needed |= after.get(v, 0)
            after.update((v, needed) for v in equation.results)
        else:
            block.members.append(equation)
            (block.totals if _is_total(equation) else block.rows_of).update(equation.results)
            after.update((v, block.bit) for v in equation.results)
    worth = {id(b) for b in blocks if _is_worth_it(b)}
    return _ordered([block if block is not None and id(block) in worth else equation
                     for equation, block in zip(equations, places, strict=True)])


def _home(blocks: list[Block], n_closed: int, n: int, used: list[Var], after: dict[Var, int]) -> Block:
    """The block that an equation joins: one of the latest that need not have ended before it, or a new one."""
    for block in reversed(blocks[max(n_closed, len(blocks) - _MOST_OPEN):]):
        if block.n == n:
            reached = _reached(blocks, [v for v in used if v not in block.rows_of], after)
            if not reached & block.bit:
                break
    else:
        block = Block(n, bit=1 << len(blocks))
        blocks.append(block)
        reached = _reached(blocks, used, after)
    if reached & ~block.needs:  # seldom, so that a long program is scheduled in linear time
        block.needs |= reached
        if block is not blocks[-1]:
            for other in blocks:
                if other.needs & block.bit:
                    other.needs |= block.needs
    return block


def _reached(blocks: list[Block], used: list[Var], after: dict[Var, int]) -> int:
    """The blocks that must have run before these variables are there, and before those blocks, as bits."""
    needed = 0
    for v in used:
        needed |= after.get(v, 0)
    reached = needed
    while needed:
        number = needed.bit_length() - 1
        needed ^= 1 << number
        reached |= blocks[number].needs
    return reached


def _leading(equation: Equation) -> int | None:
    """The size of the first axis along which an equation can be cut; None where it cannot."""
    primitive, operands, params, results, _ = equation
    if len(results) != 1:
        return None
    shape = results[0].aval.shape
    if primitive.kind == "entrywise":
        if not shape or prod(shape[1:]) > _BLOCK_ENTRIES:
            return None
        return shape[0] if all(a.aval.shape in (shape, ()) for a in operands) else None
    if primitive is broadcast_p:
        axes = dict(params)["axes"]
        if not operands[0].aval.shape or len(shape) < 2 or prod(shape[1:]) > _BLOCK_ENTRIES:
            return None
        return shape[0] if isinstance(operands[0], Var) and 0 not in axes else None
    if primitive in _REDUCTIONS and isinstance(operands[0], Var):
        taken = operands[0].aval.shape
        if primitive is not sum_p and 0 in dict(params)["axes"] or prod(taken[1:]) > _BLOCK_ENTRIES:
            return None
        return taken[0]
    return None


def _is_total(equation: Equation) -> bool:
    """Whether an equation adds up along the first axis, so that its result is there only when the block has ended."""
    return equation.primitive in _REDUCTIONS and 0 in dict(equation.params)["axes"]


def _is_worth_it(block: Block) -> bool:
    """Two equations or more on large arrays: one alone goes through memory just as often by itself."""
    largest = max(a.aval.size for e in block.members for a in (*e.operands, *e.results))
    row = max(prod(a.aval.shape[1:]) for e in block.members for a in (*e.operands, *e.results)
              if a.aval.shape and a.aval.shape[0] == block.n)
    block.rows = max(1, (_BLOCK_ENTRIES // 2 if largest < _FEW else _BLOCK_ENTRIES) // max(row, 1))
    work = sum(e.results[0].aval.size for e in block.members if e.primitive.kind == "entrywise")
    return len(block.members) > 1 and largest >= _LEAST_SIZE and work >= min(_LEAST_WORK, 8 * _LEAST_SIZE) and (
        block.n > block.rows)


def _ordered(items: list[Equation | Block]) -> list[Equation | Block]:
    """Each block once, where all that it needs is there, and before all that need it."""
    maker: dict[Var, int] = {}
    tasks: list[Equation | Block] = []
    number: dict[int, int] = {}
    for item in items:
        if id(item) not in number:
            number[id(item)] = len(tasks)
            tasks.append(item)
        members = item.members if isinstance(item, Block) else [item]
        for e in members:
            for v in e.results:
                maker[v] = number[id(item)]
    needs: list[set[int]] = []
    for i, task in enumerate(tasks):
        members = task.members if isinstance(task, Block) else [task]
        needs.append({maker[v] for e in members for v in variables(e.operands) if v in maker and maker[v] != i})
    done: list[Equation | Block] = []
    state = [0] * len(tasks)
    for start in range(len(tasks)):
        stack = [start]
        while stack:
            i = stack[-1]
            if state[i] == 2:
                stack.pop()
                continue
            state[i] = 1
            waiting = [j for j in needs[i] if state[j] != 2]
            assert all(state[j] == 0 for j in waiting), "blocks wait for each other"
            if waiting:
                stack.extend(sorted(waiting, reverse=True))
            else:
                state[i] = 2
                done.append(tasks[i])
                stack.pop()
    return done
