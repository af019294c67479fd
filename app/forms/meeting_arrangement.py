"""The form of a pairing's meeting: time, place, topics and next step."""

from flask_babel import lazy_gettext as _l
from wtforms import DateTimeLocalField, StringField, TextAreaField
from wtforms.validators import Optional

from app.forms import Form


class PairingForm(Form):
    """What the two members arrange; every field is optional."""

    meets_at = DateTimeLocalField(_l("When"), [Optional()], format="%Y-%m-%dT%H:%M")
    place = StringField(_l("Where, or which phone number"))
    topics = TextAreaField(_l("What you want to talk about"))
    next_step = StringField(_l("Next steps, and who does them"))
