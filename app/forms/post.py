"""The form of a post's text."""

from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField

from app.forms import Form


class PostForm(Form):
    """The edited text of a post on one channel."""

    text = TextAreaField(_l("Your own words"))
