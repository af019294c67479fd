"""The doctests of the website's modules."""

import doctest
from types import ModuleType

import pytest

from app import security, template_filters


@pytest.mark.parametrize("module", [template_filters, security])
def test_the_doctests_of_app_modules_pass(module: ModuleType) -> None:
    assert doctest.testmod(module)[0] == 0
