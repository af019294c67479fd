"""The forms of introductions: why one wants to meet, whom one introduces, and a word to pass on."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectField, TextAreaField

from app.forms import Form
from directory.people.tables import Member
from directory.translation import gettext as _


class AskForm(Form):
    """Why, and through whom."""

    text = TextAreaField(_l("Why you want to meet"))
    via = SelectField(_l("Who should introduce you"), default="")

    def offer(self, vias: Sequence[Member], target: Member) -> None:
        """Let the asker choose among those who know both; the last choice is to ask directly."""
        self.via.choices = [
            *(SelectChoice(via.public_id, f"{via.name}, {via.business.name}") for via in vias),
            SelectChoice("", _("Nobody: ask %(name)s directly", name=target.first_name)),
        ]


class OfferForm(Form):
    """To whom, and why."""

    other = SelectField(_l("To whom"))
    text = TextAreaField(_l("Why they should meet"))

    def offer(self, people: Sequence[Member]) -> None:
        """Let the introducer choose among whom they know."""
        self.other.choices = [
            SelectChoice("", _("Choose somebody you know")),
            *(SelectChoice(each.public_id, f"{each.name}, {each.business.name}") for each in people),
        ]


class WordForm(Form):
    """What the person in between adds, or nothing."""

    word = TextAreaField(_l("A word of your own, if you like"))
