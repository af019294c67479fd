"""Forms of a list of people: pasting it, and what the weekly post may ask for those on it."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, TextAreaField

from app.forms import Form


class ListForm(Form):
    """A pasted list of people, one per line. An uploaded file is read apart from this form."""

    text = TextAreaField(_l("Paste your list"))


class CommitForm(Form):
    """What the lead says for the imported people: whether their chapter sees how to reach them, and whether the
    weekly post may ask, without names, for what they want.
    """

    agreed = BooleanField(
        _l("They agreed that members of this chapter can see their phone and email. Each of them can change that."),
        default=True,
    )
    share = BooleanField(
        _l("The weekly post may ask for what they want, without their names. Each of them can change that.")
    )
