"""What the docstrings of the website show is so."""

import doctest
from types import ModuleType

import pytest

from app import security, template_filters


@pytest.mark.parametrize("module", [template_filters, security])
def test_the_examples_are_true(module: ModuleType) -> None:
    assert doctest.testmod(module)[0] == 0
