"""The form of a good word, and what it shares with other forms: which capability it is about."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectField, StringField, TextAreaField

from app.forms import Form
from directory.taxonomy.capability import Capability
from directory.translation import gettext as _


class AboutForm(Form):
    """Something said of a member, of one capability or of none."""

    capability = SelectField(_l("What it is about"), default="")

    def offer(self, able: Iterable[Capability]) -> None:
        """Let whoever says it choose among what the member's firm can do."""
        self.capability.choices = [
            SelectChoice("", _("Working together in general")),
            *(SelectChoice(key, name) for name, key in sorted((each.name, each.public_id) for each in able)),
        ]

    def chosen(self, able: Iterable[Capability]) -> Capability | None:
        """The capability that was chosen, None for working together in general."""
        return next((each for each in able if each.public_id == self.capability.data), None)


class VouchForm(AboutForm):
    """What the giver says, how they know each other, and of which capability."""

    text = TextAreaField(_l("Your good word"))
    known_as = StringField(_l("How you know each other"))
