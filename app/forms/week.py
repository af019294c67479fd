"""The form of a post's text."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField


class PostForm(FlaskForm):
    """What the post says on one channel."""

    text = TextAreaField(_l("Your own words"))
