"""Profile fields: a column that a member fills in, of themselves or their firm, declares all that holds for it.

Editing, search, merging, erasure, export and import read the declaration. The form and the page are written by hand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import MappedColumn, mapped_column

from directory.db import Base
from directory.people.audience import AudienceChoice
from directory.text import clean_line, clean_text
from directory.translation import gettext


@dataclass(frozen=True)
class ProfileField:
    """What ``info["field"]`` of a column declares; ``fields_of`` adds the ``name``.

    Without a ``check`` of its own, a text is cleaned by ``directory.text`` and any other value is kept as it is.
    """

    what: str = ""  # what a sentence calls it, for the catalogues
    limit: int | None = None  # the most characters of a text
    check: Callable[[Any], Any] | None = None  # a cleaner of its own, which raises Invalid
    audience: AudienceChoice | None = None  # who may see it is chosen; None: every member may
    imported: tuple[str, ...] = ()  # the names of its column in a file of firms; none: it is not imported
    is_searched: bool = False  # its words find the firm, if every member may see them
    is_required: bool = False
    is_long: bool = False  # it may have several lines
    cleaner: Callable[..., str] = clean_line  # of a text of one line
    name: str = ""

    def clean(self, value: Any) -> Any:
        """The value as it is kept. Raises Invalid."""
        if self.check is not None:
            return self.check(value)
        if self.limit is None:
            return value
        clean = clean_text if self.is_long else self.cleaner
        return clean(value, field=self.name, what=gettext(self.what), limit=self.limit, required=self.is_required)


def text_field(limit: int, what: str = "", **options: Any) -> MappedColumn[str]:
    """A column of text with its ``ProfileField``. It is empty by default, unless it is required."""
    field = ProfileField(what, limit, **options)
    default: dict[str, Any] = {} if field.is_required else {"default": ""}
    return mapped_column(String(limit), info={"field": field}, **default)


@cache
def fields_of(model: type[Base]) -> Mapping[str, ProfileField]:
    """The profile fields of a table by name, in its order."""
    declared = {column.key: column.info["field"] for column in model.__table__.columns if "field" in column.info}
    return {name: replace(field, name=name) for name, field in declared.items()}


def clean_fields(model: type[Base], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The values of these fields as they are kept. Raises Invalid, and KeyError for what is no profile field."""
    fields = fields_of(model)
    return {name: fields[name].clean(value) for name, value in changes.items()}
