"""Forms of a chapter: starting one, and its settings."""

from babel.dates import get_day_names
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectField, StringField, TextAreaField, TimeField

from app.forms import Form
from directory.people.chapter import UNSET_ZONE, Chapter
from directory.people.time_zone import zone_label


class SettingsForm(Form):
    """A chapter's description, place, hashtags, and the weekday and time of its post."""

    name = StringField(_l("Name"))
    about = TextAreaField(_l("Who it is for"))
    city = StringField(_l("City"))
    region = StringField(_l("State or region"))
    country = StringField(_l("Country"))
    zone = StringField(_l("Time zone (a city in it)"))
    weekday = SelectField(
        _l("Posts on"),
        coerce=int,
        choices=lambda: [SelectChoice(*day) for day in sorted(get_day_names(locale=get_locale()).items())],
    )
    post_time = TimeField(_l("at"))
    hashtags = StringField(_l("Hashtags"))

    def show(self, chapter: Chapter) -> None:
        """Fill the fields from a chapter."""
        self.process(obj=chapter)
        self.zone.data = "" if chapter.zone == UNSET_ZONE else zone_label(chapter.zone)
        self.hashtags.data = " ".join(f"#{hashtag}" for hashtag in chapter.hashtags)


class StartForm(Form):
    """A new chapter."""

    name = StringField(_l("Name of the chapter"))
    zone = StringField(_l("Time zone (a city in it)"))
