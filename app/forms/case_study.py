"""The form of a story of working together."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from app.forms import Form
from directory.facts.collaboration import Collaboration
from directory.translation import gettext as _


class StoryForm(Form):
    """What it was, in the teller's words."""

    title = StringField(_l("A title"))
    text = TextAreaField(_l("The story"))
    year = IntegerField(_l("The year"), [InputRequired(_l("Write the year."))])
    collaboration = SelectField(_l("The finished work it is about"), default="")

    def offer(self, works: Sequence[Collaboration]) -> None:
        """Let the teller choose among what the two firms finished."""
        self.collaboration.choices = [
            SelectChoice("", _("None that is listed here")),
            *(SelectChoice(work.public_id, work.title) for work in works),
        ]
