"""The doctests of the matching modules."""

import doctest
from importlib import import_module
from pkgutil import walk_packages

import pytest

import matching

MODULES = [module.name for module in walk_packages(matching.__path__, "matching.")]


@pytest.mark.parametrize("name", MODULES)
def test_doctests_pass(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0
