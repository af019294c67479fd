"""The form of a good word, and what it shares with other forms: which capability it is about."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectField, StringField, TextAreaField

from app.forms import Form
from directory.language import gettext as _
from directory.people.capability import Capability
from directory.people.search import Held


class AboutForm(Form):
    """Something said of a member, of one capability or of none."""

    capability = SelectField(_l("What it is about"), default="")

    def offer(self, held: Sequence[Held]) -> None:
        """Let whoever says it choose among what the member's firm can do."""
        able = sorted((row.capability.name, row.capability.public_id) for row in held)
        self.capability.choices = [
            SelectChoice("", _("Working together in general")),
            *(SelectChoice(key, name) for name, key in able),
        ]

    def chosen(self, held: Sequence[Held]) -> Capability | None:
        """The capability that was chosen, None for working together in general."""
        return next((row.capability for row in held if row.capability.public_id == self.capability.data), None)


class VouchForm(AboutForm):
    """What the giver says, how they know each other, and of which capability."""

    text = TextAreaField(_l("Your good word"))
    known_as = StringField(_l("How you know each other"))
