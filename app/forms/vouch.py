"""The form of a vouch, and the base form with a choice of capability that it shares with the rating form."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectField, StringField, TextAreaField

from app.forms import Form
from directory.taxonomy.capability import Capability
from directory.translation import gettext as _


class CapabilityForm(Form):
    """A form about a member, with a choice of one of their firm's capabilities or none."""

    capability = SelectField(_l("What it is about"), default="")

    def offer(self, capabilities: Iterable[Capability]) -> None:
        """Set the choices to these capabilities, by name, after the choice of none."""
        self.capability.choices = [
            SelectChoice("", _("Working together in general")),
            *(SelectChoice(key, name) for name, key in sorted((row.name, row.public_id) for row in capabilities)),
        ]

    def chosen(self, capabilities: Iterable[Capability]) -> Capability | None:
        """Return the chosen one of these capabilities, None for working together in general."""
        return next((row for row in capabilities if row.public_id == self.capability.data), None)


class VouchForm(CapabilityForm):
    """The text of a vouch, how giver and receiver know each other, and the capability."""

    text = TextAreaField(_l("Your recommendation"))
    known_as = StringField(_l("How you know each other"))
