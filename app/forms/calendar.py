"""Forms of a chapter's calendar: a blackout period, and the chapter's own opening and closing sentence."""

from flask_babel import lazy_gettext as _l
from wtforms import DateField, StringField
from wtforms.validators import InputRequired

from app.forms import Form


class BlackoutForm(Form):
    """The days on which nothing is posted, and the reason."""

    first_on = DateField(_l("From"), [InputRequired(_l("Choose the first day."))])
    last_on = DateField(_l("To, that day included"), [InputRequired(_l("Choose the last day."))])
    reason = StringField(_l("Why, as members will read it"))


class FrameForm(Form):
    """The sentences before and after the body of a post; both may be empty."""

    opening = StringField(_l("The first sentence"))
    closing = StringField(_l("The last sentence, before the hashtags"))
