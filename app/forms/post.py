"""The form of a post's text."""

from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField

from app.forms import Form


class PostForm(Form):
    """What the post says on one channel."""

    text = TextAreaField(_l("Your own words"))
