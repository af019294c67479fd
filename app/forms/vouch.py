"""The form of a good word."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectField, StringField, TextAreaField

from app.forms import Form
from directory.language import gettext as _
from directory.people.search import Held


class VouchForm(Form):
    """What the giver says, how they know each other, and of which capability."""

    text = TextAreaField(_l("Your good word"))
    known_as = StringField(_l("How you know each other"))
    capability = SelectField(_l("What it is about"), default="")

    def offer(self, held: Sequence[Held]) -> None:
        """Let the giver choose among what the receiver's firm can do."""
        able = sorted((row.capability.name, row.capability.public_id) for row in held)
        self.capability.choices = [
            SelectChoice("", _("Working together in general")),
            *(SelectChoice(key, name) for name, key in able),
        ]
