"""Forms of introductions: a request to meet somebody, an offer to introduce two members, the introducer's note."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectField, TextAreaField

from app.forms import Form
from directory.people.tables import Member
from directory.translation import gettext as _


class AskForm(Form):
    """The reason for a request to meet a member, and the introducer."""

    text = TextAreaField(_l("Why you want to meet"))
    via = SelectField(_l("Who should introduce you"), default="")

    def offer(self, vias: Sequence[Member], target: Member) -> None:
        """Set the choices to the members who know both; the last choice is to ask ``target`` directly."""
        self.via.choices = [
            *(SelectChoice(via.public_id, f"{via.name}, {via.business.name}") for via in vias),
            SelectChoice("", _("Nobody: ask %(name)s directly", name=target.first_name)),
        ]


class OfferForm(Form):
    """The other member of an offered introduction, and the reason."""

    other = SelectField(_l("Introduce them to"))
    text = TextAreaField(_l("Why they should meet"))

    def offer(self, people: Sequence[Member]) -> None:
        """Set the choices to the introducer's acquaintances."""
        self.other.choices = [
            SelectChoice("", _("Choose somebody you know")),
            *(SelectChoice(person.public_id, f"{person.name}, {person.business.name}") for person in people),
        ]


class IntroducerNoteForm(Form):
    """An optional note that the introducer adds when passing a request on."""

    word = TextAreaField(_l("A note of your own (optional)"))
