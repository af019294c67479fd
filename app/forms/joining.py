"""Forms of joining: an invitation, a suggestion of whom to invite, an application, and what a list said of somebody."""

from flask_babel import lazy_gettext as _l
from wtforms import FileField, RadioField, SelectChoice, StringField, TextAreaField

from app.forms import Form
from directory.people.field_declaration import fields_of
from directory.people.tables import Business, Member


class InviteForm(Form):
    """One person to invite."""

    name = StringField(_l("Name"))
    email = StringField(_l("Email"))
    firm = StringField(_l("Firm"))


class SuggestForm(InviteForm):
    """A person whom a member suggests for an invitation."""

    sentence = StringField(_l("What does the firm do?"))


class ApplyForm(Form):
    """An application to join. ``homepage`` is a hidden honeypot field that only programs fill in."""

    name = StringField(_l("Your name"))
    email = StringField(_l("Your email address"))
    firm = StringField(_l("Your firm"))
    sentence = StringField(_l("What does it do?"))
    knows = StringField(_l("Who here knows you?"))
    homepage = StringField(_l("Leave this empty"))


class EntryForm(Form):
    """What a list said of a person, to confirm or correct; ticks and the photo are read apart from it."""

    name = StringField(_l("Your name"))
    role = StringField(_l("What you do there"))
    firm_name = StringField(_l("Name of the firm"))
    firm_city = StringField(_l("City"))
    firm_region = StringField(_l("State or region"))
    firm_summary = TextAreaField(_l("What it does, in a sentence or two"))
    more = StringField(_l("Anything else?"))
    text = StringField(_l("Somebody else, in your own words"))
    phone = StringField(_l("Your phone"))
    photo = FileField(_l("Your photo"))
    ask = RadioField(
        _l("May the weekly post ask for them?"),
        choices=[
            SelectChoice("named", _l("Yes, with my name")),
            SelectChoice("unnamed", _l("Yes, without my name")),
            SelectChoice("no", _l("Not yet")),
        ],
    )

    FIRM = ("name", "city", "region", "summary")
    PERSON = ("name", "role", "phone")

    def show(self, member: Member, ask: str) -> None:
        """Fill the fields from a member and their firm."""
        firm = {f"firm_{name}": getattr(member.business, name) for name in self.FIRM}
        self.process(obj=member, ask=ask, photo=None, **firm)

    def person(self) -> dict[str, str]:
        """The member's fields, as ``member.edit_profile`` takes them."""
        return self.texts(*self.PERSON)

    def firm(self) -> dict[str, str]:
        """The firm's fields, as ``business.edit_business`` takes them."""
        return {name: self[f"firm_{name}"].data or "" for name in self.FIRM}

    def limit(self, name: str) -> int | None:
        """The most characters of a field."""
        of = Business if name.startswith("firm_") else Member
        return fields_of(of)[name.removeprefix("firm_")].limit
