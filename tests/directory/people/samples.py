"""Two values of every profile field, both as they are kept: what the tests of all fields write down and look for."""

from datetime import date
from typing import Any

import pytest

from directory.db import Base
from directory.people.field_declaration import ProfileField, fields_of
from directory.people.tables import Business, Member

FIELDS = [(model, field) for model in (Business, Member) for field in fields_of(model).values()]


def each(fields: list[tuple[type[Base], ProfileField]]) -> pytest.MarkDecorator:
    """The test is run for each of these fields."""
    names = [f"{model.__tablename__}.{field.name}" for model, field in fields]
    return pytest.mark.parametrize(("model", "field"), fields, ids=names)


every_field = each(FIELDS)
every_text = each([(model, field) for model, field in FIELDS if field.limit])
every_field_of_a_firm = each([(model, field) for model, field in FIELDS if model is Business])

# Of the fields that do not take any word or number.
SAMPLES: dict[str, tuple[Any, Any]] = {
    "website": ("https://one.example", "https://two.example"),
    "video": ("https://one.example/v", "https://two.example/v"),
    "email": ("one@canary.example", "two@canary.example"),
    "phone": ("+1 520 555 0901", "+1 520 555 0902"),
    "busy": (1, 9),  # less and more than the capacity
    "industries": (["arts"], ["arts", "health"]),
    "languages": (["en"], ["en", "es"]),
}
KINDS: dict[type, tuple[Any, Any]] = {
    bool: (True, False),
    int: (3, 4),
    date: (date(2031, 5, 6), date(2032, 7, 8)),
}


def samples(model: type[Base], field: ProfileField) -> tuple[Any, Any]:
    """Two values of the field that a page shows differently."""
    if field.name in SAMPLES:
        return SAMPLES[field.name]
    if field.limit and field.check is None:
        return tuple(f"{word} {field.name}"[: field.limit].strip() for word in ("Zebra", "Quagga"))
    kind = model.__table__.columns[field.name].type.python_type
    if field.limit or kind not in KINDS:
        pytest.fail(f"give two values of the field `{field.name}` in SAMPLES of tests/directory/people/samples.py")
    return KINDS[kind]
