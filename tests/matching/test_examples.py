"""The examples in the engine's docstrings are true."""

import doctest
from importlib import import_module
from pkgutil import walk_packages

import pytest

import matching

MODULES = [module.name for module in walk_packages(matching.__path__, "matching.")]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0
