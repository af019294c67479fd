"""The forms of one's own page: oneself, one's firm, what it can do, and whom one wants to meet."""

from collections.abc import Collection, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    FileField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional

from app.forms import Form
from app.request_time import now
from directory.errors import Invalid
from directory.interpretation.written_amount import parse_amount
from directory.money import Money
from directory.number_notation import currency_of
from directory.people.audience import Audience, audience_choices, audience_of
from directory.people.business import PRICES, AcceptsWork, accepts_work
from directory.people.field_declaration import fields_of
from directory.people.industry import INDUSTRIES
from directory.people.tables import Business, Member, WantedKind
from directory.people.working_language import language_name, languages_by_name
from directory.taxonomy.capability import Capability


class PhotoForm(Form):
    """A photo, as a file; the view reads it itself."""

    photo = FileField(_l("Choose a picture"))


class PartForm(Form):
    """Some of what a firm says of itself; the rest stays as it is."""

    of: type[Business] | type[Member] = Business

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.declared = {name: field for name, field in fields_of(self.of).items() if name in self}
        for name, field in self.declared.items():
            if field.limit:
                self[name].render_kw = {"maxlength": field.limit}

    def show(self, member: Member) -> None:
        """Fill the fields from a member's firm."""
        self.process(obj=member.business)

    def changes(self, member: Member) -> dict[str, Any]:
        """What was typed, as ``business.edit`` takes it. Raises Invalid."""
        return {
            name: (self[name].data or "") if field.limit else self[name].data for name, field in self.declared.items()
        }


class PersonForm(PartForm):
    """What a member says of themselves, as ``member.edit_profile`` takes it, and whether the post may name them."""

    of = Member

    name = StringField(_l("Your name"))
    role = StringField(_l("What you do there"))
    headline = TextAreaField(_l("One line about you"))
    phone = StringField(_l("Your direct number"))
    video = StringField(_l("A video of you"))
    spotlight = BooleanField(_l("The weekly post may name me"))

    def show(self, member: Member) -> None:
        self.process(obj=member, spotlight=member.spotlight_at is not None)


class FirmForm(PartForm):
    """What a firm is, and how to reach it."""

    name = StringField(_l("Name of the firm"))
    summary = TextAreaField(_l("What it does"))
    city = StringField(_l("City"))
    region = StringField(_l("State or region"))
    is_remote = BooleanField(_l("We work anywhere"))
    website = StringField(_l("Website"))
    phone = StringField(_l("Phone"))
    email = StringField(_l("Email"))
    languages = StringField(_l("Languages you work in"))

    def show(self, member: Member) -> None:
        super().show(member)
        self.languages.data = ", ".join(map(language_name, member.business.languages or ()))

    def changes(self, member: Member) -> dict[str, Any]:
        return super().changes(member) | {"languages": languages_by_name(self.languages.data or "")}


class WorkForm(PartForm):
    """How much work a firm takes, and for how much money."""

    accepting = RadioField(
        _l("New work"),
        [Optional()],
        choices=[
            SelectChoice(AcceptsWork.NOW.value, _l("we take it now")),
            SelectChoice(AcceptsWork.FROM.value, _l("from a date")),
            SelectChoice(AcceptsWork.NOT_NOW.value, _l("not now")),
        ],
    )
    free_on = DateField(_l("From which date?"), [Optional()])
    capacity = IntegerField(_l("Projects at a time"), [Optional()])
    price_low = StringField(_l("Usual projects from"))
    price_high = StringField(_l("to"))
    smallest_deal = StringField(_l("Smallest project you take"))

    def show(self, member: Member) -> None:
        super().show(member)
        self.accepting.data = accepts_work(member.business, now().date())
        for name in PRICES:
            price = member.business.price(name)
            self[name].data = price.spoken(member.business.country) if price else ""

    def changes(self, member: Member) -> dict[str, Any]:
        typed, business, today = super().changes(member), member.business, now().date()
        takes, capacity, free_on = self.accepting.data, typed["capacity"], typed["free_on"]
        room = min(business.busy, capacity - 1) if capacity else 0
        if takes == AcceptsWork.NOW:
            typed |= {"free_on": today, "busy": room}
        elif takes == AcceptsWork.FROM:
            if free_on is None or free_on <= today:
                raise Invalid(_("Choose a date in the future."), field="free_on")
            typed |= {"busy": room}
        elif takes == AcceptsWork.NOT_NOW:
            typed |= {"free_on": None, "capacity": capacity or 1, "busy": capacity or 1}
        has_prices = any(business.price(name) for name in PRICES)
        currency = business.currency if has_prices else currency_of(business.country)
        return typed | {name: self._price(name, currency, business.country) for name in PRICES}

    def _price(self, name: str, currency: str, country: str) -> Money | None:
        text = str(self[name].data or "").strip()
        return parse_amount(text, country=country, currency=currency, field=name) if text else None


class ReferForm(PartForm):
    """Whom to send to a firm."""

    industries = SelectMultipleField(_l("Who you work for"), choices=[SelectChoice(*each) for each in INDUSTRIES])
    best_customers = TextAreaField(_l("Your best customers"))
    good_referrals = TextAreaField(_l("A good referral"))
    not_a_fit = TextAreaField(_l("Not a fit"))


class ClaimForm(Form):
    """A capability by its name. ``is_own``: it is a word of the member's own; ``near``: what else may be meant."""

    near: Sequence[Capability] = ()

    capability = StringField(_l("Add something your firm can do"))
    is_own = BooleanField(_l("Add it in my own words"))


class WantedForm(Form):
    """Whom a member wants to meet, and why."""

    kind = SelectField(
        _l("What they would be for you"),
        choices=[
            SelectChoice(WantedKind.CLIENT.value, _l("a client")),
            SelectChoice(WantedKind.PARTNER.value, _l("a partner")),
            SelectChoice(WantedKind.CATEGORY.value, _l("anybody in a trade")),
        ],
    )
    text = StringField(_l("Who do you want to meet?"))
    why = StringField(_l("Why?"))


def audiences_form(member: Member, names: Collection[str] = ()) -> Form:
    """Who sees which field: one choice for each, or for those with these ``names``, in plain words."""
    chapter = member.business.chapter
    circles = {
        Audience.PUBLIC: _("everybody on the web"),
        Audience.MEMBERS: _("members"),
        Audience.CHAPTER: _("members of %(chapter)s", chapter=chapter.name) if chapter else _("members of my chapter"),
        Audience.INTRODUCED: _("people I was introduced to"),
        Audience.NOBODY: _("nobody"),
    }
    choices = [SelectChoice(audience.value, words) for audience, words in circles.items()]
    rows: dict[str, Member | Business] = {"member": member, "business": member.business}
    fields = {
        name: SelectField(_(choice.label), choices=choices, default=audience_of(rows[choice.of], name).value)
        for name, choice in audience_choices().items()
        if name in names or not names
    }
    form: Form = type("AudiencesForm", (Form,), fields)()
    return form
