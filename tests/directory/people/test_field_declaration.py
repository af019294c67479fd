"""Every profile field, as its column declares it, is edited, cleaned, found, seen, merged, exported and erased.

A new field is tested here by being declared; what is missing is named.
"""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import String
from sqlalchemy.orm import Session

from directory.errors import Invalid
from directory.imports.firm_rows import read_firms
from directory.money import Money
from directory.people import business, member
from directory.people.audience import Audience, audience_choices
from directory.people.field_declaration import ProfileField, fields_of
from directory.people.tables import Business, Member
from directory.privacy import business_merge, data_export, erasure
from directory.profiles.member_view import firm_view, set_audiences, visible_to
from tests.cast import Cast
from tests.directory.people.samples import every_field, every_field_of_a_firm, every_text, samples

Model = type[Business] | type[Member]
# What no member fills in: whatever a column not named here holds must be declared as a profile field.
NO_FIELDS = {
    Business: {
        *("id", "public_id", "key", "chapter_id", "currency", "latitude", "longitude", "audiences"),
        *("search_text", "search_version", "created_at", "namesake_at"),
    },
    Member: {
        *("id", "public_id", "key", "business_id", "photo", "email", "audiences", "state", "joined_at", "invited_at"),
        *("invited_by_id", "reminded_at", "refused_email", "refused_code"),
        *("arrived_at", "sponsor_id", "spotlight_at", "sits_out_at", "public_at", "indexed_at", "is_admin", "mail_off"),
    },
}


def edit(session: Session, who: Member, model: Model, name: str, value: Any, now: datetime) -> Business | Member:
    """Change one field of the member or their firm, as the profile page does."""
    if name.endswith("_minor"):
        name, value = name.removesuffix("_minor"), Money(value, "USD")
    if model is Member:
        member.edit_profile(session, member=who, changes={name: value}, now=now)
        return who
    business.edit_business(session, business=who.business, by=who, changes={name: value}, now=now)
    return who.business


def said(row: Business | Member) -> dict[str, Any]:
    return {name: getattr(row, name) for name in fields_of(type(row))}


@pytest.mark.parametrize("model", [Business, Member])
def test_a_column_is_declared_as_a_profile_field_or_none(model: Model) -> None:
    for column in model.__table__.columns.keys() - fields_of(model).keys() - NO_FIELDS[model]:
        pytest.fail(
            f"the column `{column}` of {model.__tablename__} is no profile field: "
            "declare it by text_field() or ProfileField() in directory/people/tables.py, "
            "or name it in NO_FIELDS of tests/directory/people/test_field_declaration.py if no member fills it in"
        )


@every_field
def test_a_text_says_what_it_is_called_and_how_long_it_is(model: Model, field: ProfileField) -> None:
    kind = model.__table__.columns[field.name].type
    if type(kind) is String:
        assert field.limit == kind.length, f"declare the text `{field.name}` by text_field()"
        assert field.check or field.what, f"say what a sentence calls `{field.name}`, as N_() in text_field()"


@every_field
def test_a_field_is_kept_as_said_and_leaves_the_others_alone(
    session: Session, cast: Cast, now: datetime, model: Model, field: ProfileField
) -> None:
    before = said(cast.bea if model is Member else cast.bea.business)
    for value in samples(model, field):
        row = edit(session, cast.bea, model, field.name, value, now)
        session.flush()
        session.refresh(row)
        assert said(row) == before | {field.name: value}


@every_text
def test_a_text_is_cleaned(session: Session, cast: Cast, now: datetime, model: Model, field: ProfileField) -> None:
    for wrong in ("x" * (field.limit + 1), "\u202eevil", "<b\0>"):
        with pytest.raises(Invalid) as refused:
            edit(session, cast.bea, model, field.name, wrong, now)
        assert refused.value.field == field.name
        assert not session.is_modified(cast.bea)
        assert not session.is_modified(cast.bea.business)


@every_field
def test_a_field_is_searched_as_far_as_every_member_may_see_it(
    session: Session, cast: Cast, now: datetime, model: Model, field: ProfileField
) -> None:
    value = str(samples(model, field)[0]).casefold()
    row = edit(session, cast.bea, model, field.name, samples(model, field)[0], now)
    assert (value in cast.bea.business.search_text) == (field.is_searched or field.name == "name")
    if field.is_searched and field.audience:
        row.audiences = {field.audience.name: Audience.CHAPTER}
        business.index_business(session, cast.bea.business)
        assert value not in cast.bea.business.search_text


@pytest.mark.parametrize("name", audience_choices())
@pytest.mark.parametrize("audience", Audience)
def test_a_field_is_seen_by_its_audience_alone(
    session: Session, cast: Cast, now: datetime, name: str, audience: Audience
) -> None:
    choice = audience_choices()[name]
    assert choice.label, f"say what its owner calls `{name}`, as N_() in AudienceChoice()"
    row = cast.bea if choice.of == "member" else cast.bea.business
    for column in choice.columns:
        field = fields_of(type(row)).get(column)
        setattr(row, column, samples(type(row), field)[0] if field else "canary")
    set_audiences(session, member=cast.bea, audiences={name: audience.value}, now=now)
    circles = list(Audience)[:-1]
    seen = [bool(visible_to(cast.bea, circle).get(name)) for circle in circles]
    assert seen == [circles.index(circle) >= list(Audience).index(audience) for circle in circles]
    of_firm = firm_view(session, reader=cast.dana, business=cast.bea.business)
    assert bool(of_firm.get(name)) == (choice.of == "business" and seen[2])


@every_field_of_a_firm
def test_what_the_record_that_stays_does_not_say_is_taken_from_the_other(
    session: Session, cast: Cast, now: datetime, model: type[Business], field: ProfileField
) -> None:
    one, two = samples(model, field)
    says, other, silent, another = firms = [Business(name="A", created_at=now) for _number in range(4)]
    for firm, value in ((says, one), (other, two), (another, two)):
        setattr(firm, field.name, value)
    session.add_all(firms)
    session.flush()
    before = getattr(silent, field.name)
    business_merge.merge(session, keep=says, drop=other, by=cast.bea, now=now)
    business_merge.merge(session, keep=silent, drop=another, by=cast.bea, now=now)
    assert getattr(says, field.name) == one
    assert getattr(silent, field.name) == (two if before in (None, "", []) else before)  # a no says something, too


@every_field
def test_a_field_is_in_the_export(
    session: Session, cast: Cast, now: datetime, model: Model, field: ProfileField
) -> None:
    value = samples(model, field)[0]
    edit(session, cast.bea, model, field.name, value, now)
    kept = data_export.member_export(session, member=cast.bea, by=cast.bea, more={})
    assert kept["profile" if model is Member else "firm"][0][field.name] == value


@pytest.mark.slow
@every_field
def test_what_was_written_is_erased(
    session: Session, cast: Cast, now: datetime, model: Model, field: ProfileField
) -> None:
    value = samples(model, field)[0]
    row = edit(session, cast.carla, model, field.name, value, now)
    erasure.erase(session, member=cast.carla, by=None, now=now)
    if model is Member or field.limit:
        assert getattr(row, field.name) != value, f"add `{field.name}` to PERSONAL in directory/privacy/erasure.py"


def test_a_file_of_firms_has_a_column_for_each_field_that_says_so() -> None:
    declared = {column: name for name, field in fields_of(Business).items() for column in field.imported[:1]}
    header, row = ",".join(declared), ",".join("Ada" if name == "name" else "" for name in declared.values())
    assert read_firms(f"{header}\n{row}\n".encode()).sheet.columns == list(declared.values())
