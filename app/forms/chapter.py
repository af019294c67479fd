"""The forms of a chapter's room: its settings, a list of people, one invitation; and those of coming in."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectChoice, SelectField, StringField, TextAreaField, TimeField

from app.forms import Form
from directory.people.chapter import Chapter


class SettingsForm(Form):
    """What a chapter says of itself, and when its week turns."""

    name = StringField(_l("Name"))
    about = TextAreaField(_l("Whom it is for"))
    city = StringField(_l("City"))
    region = StringField(_l("State or region"))
    country = StringField(_l("Country"))
    zone = StringField(_l("Time zone"))
    weekday = SelectField(
        _l("It posts on"),
        coerce=int,
        choices=[
            SelectChoice(place, day)
            for place, day in enumerate(
                (
                    *(_l("Monday"), _l("Tuesday"), _l("Wednesday"), _l("Thursday")),
                    *(_l("Friday"), _l("Saturday"), _l("Sunday")),
                )
            )
        ],
    )
    post_time = TimeField(_l("at"))
    hashtags = StringField(_l("Hashtags"))

    def show(self, chapter: Chapter) -> None:
        """Fill the fields from a chapter."""
        self.process(obj=chapter, hashtags=" ".join(f"#{word}" for word in chapter.hashtags))
        self.hashtags.data = " ".join(f"#{word}" for word in chapter.hashtags)


class StartForm(Form):
    """A new chapter."""

    name = StringField(_l("Name of the chapter"))
    zone = StringField(_l("Time zone"))


class ListForm(Form):
    """People, one a line; a file comes beside it."""

    text = TextAreaField(_l("Paste your list"))


class CommitForm(Form):
    """Whether the weekly post may ask for what the people of a list want."""

    share = BooleanField(
        _l("The weekly post may ask for what they want, without their names, until each says otherwise")
    )


class InviteForm(Form):
    """One person to invite."""

    name = StringField(_l("Name"))
    email = StringField(_l("Mail"))
    firm = StringField(_l("Firm"))


class SuggestForm(InviteForm):
    """Somebody a member would like to have here."""

    sentence = StringField(_l("What does the firm do?"))


class ApplyForm(Form):
    """Who wants to come in. ``homepage`` is seen by no person: only programs fill it in."""

    name = StringField(_l("Your name"))
    email = StringField(_l("Your mail address"))
    firm = StringField(_l("Your firm"))
    sentence = StringField(_l("What does it do?"))
    knows = StringField(_l("Who here knows you?"))
    homepage = StringField(_l("Leave this empty"))
