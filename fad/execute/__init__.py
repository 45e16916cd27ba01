"""How a program runs: as one generated Python function over NumPy arrays, whose text a traceback can show.

    Program : Graph(x... → y...)  as a function of values
    Loop    : Graph(consts..., carry..., x... → carry..., y...)  run again and again

A value is dropped after its last use, and its memory is written to again; numbers are Python numbers; long
runs of entrywise work are done block by block, in the cache. The text is registered with `linecache`, so
that tracebacks, debuggers and profilers show it, with the user's line behind each statement.
"""

from .looping import Loop as Loop
from .program import Program as Program
