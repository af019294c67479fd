"""Forms of a chapter: settings, list import, invitation, and the applications of people who want to join."""

from babel.dates import get_day_names
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectChoice, SelectField, StringField, TextAreaField, TimeField

from app.forms import Form
from directory.people.chapter import Chapter


class SettingsForm(Form):
    """A chapter's description, place, hashtags, and the weekday and time of its post."""

    name = StringField(_l("Name"))
    about = TextAreaField(_l("Whom it is for"))
    city = StringField(_l("City"))
    region = StringField(_l("State or region"))
    country = StringField(_l("Country"))
    zone = StringField(_l("Time zone"))
    weekday = SelectField(
        _l("It posts on"),
        coerce=int,
        choices=lambda: [SelectChoice(*day) for day in sorted(get_day_names(locale=get_locale()).items())],
    )
    post_time = TimeField(_l("at"))
    hashtags = StringField(_l("Hashtags"))

    def show(self, chapter: Chapter) -> None:
        """Fill the fields from a chapter."""
        self.process(obj=chapter)
        self.hashtags.data = " ".join(f"#{hashtag}" for hashtag in chapter.hashtags)


class StartForm(Form):
    """A new chapter."""

    name = StringField(_l("Name of the chapter"))
    zone = StringField(_l("Time zone"))


class ListForm(Form):
    """A pasted list of people, one per line. An uploaded file is read apart from this form."""

    text = TextAreaField(_l("Paste your list"))


class CommitForm(Form):
    """Whether the weekly post may ask, without names, for what the imported people want."""

    share = BooleanField(
        _l("The weekly post may ask for what they want, without their names, until each says otherwise")
    )


class InviteForm(Form):
    """One person to invite."""

    name = StringField(_l("Name"))
    email = StringField(_l("Mail"))
    firm = StringField(_l("Firm"))


class SuggestForm(InviteForm):
    """A person whom a member suggests for an invitation."""

    sentence = StringField(_l("What does the firm do?"))


class ApplyForm(Form):
    """An application to join. ``homepage`` is a hidden honeypot field that only programs fill in."""

    name = StringField(_l("Your name"))
    email = StringField(_l("Your mail address"))
    firm = StringField(_l("Your firm"))
    sentence = StringField(_l("What does it do?"))
    knows = StringField(_l("Who here knows you?"))
    homepage = StringField(_l("Leave this empty"))
