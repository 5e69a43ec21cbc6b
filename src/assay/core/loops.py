"""Loops that exist twice: compiled by numba where it is installed (the extra ``fast``), and in NumPy where it is not.

numba and its compiler take 210 MB, a quarter of an installation, and most studies of tables never draw a resample.  Both
forms answer alike; a sum of floats may differ in its last bit.  ``tests/contracts/test_loops.py`` holds them together.
"""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType


@cache
def has_compiler() -> bool:
    return find_spec("numba") is not None


def loops(compiled: str) -> ModuleType:
    """The module of this name, or its twin ``plain_*`` beside it.

    Call it where a loop is needed: loading the compiler takes half a second.
    """
    return import_module(compiled) if has_compiler() else plain_loops(compiled)


def plain_loops(compiled: str) -> ModuleType:
    """The twin in NumPy of the module of this name."""
    folder, _, name = compiled.rpartition(".")
    return import_module(f"{folder}.plain_{name}")
