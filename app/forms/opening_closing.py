"""The form of the chapter's own sentences before and after the body of a post."""

from flask_babel import lazy_gettext as _l
from wtforms import StringField

from app.forms import Form


class FrameForm(Form):
    """The sentences before and after the body of a post; both may be empty."""

    opening = StringField(_l("The first sentence"))
    closing = StringField(_l("The last sentence, before the hashtags"))
