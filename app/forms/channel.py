"""The forms of a channel: what its kind asks for, and who is in charge of it."""

from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, SelectChoice, SelectField, StringField

from app.forms import Form
from directory.outbox.channel import Channel
from directory.outbox.channel_kind import ChannelKind
from directory.people.tables import Member


def form_for(kind: ChannelKind, channel: Channel | None) -> Form:
    """A field for each of the kind's. What ``channel`` was connected with stands in it, but never a secret."""
    fields = {each.name: (PasswordField if each.is_secret else StringField)(_(each.label)) for each in kind.fields}
    form: Form = type("ConnectForm", (Form,), fields)(data=channel.settings if channel else None)
    return form


class ChargeForm(Form):
    """Who is written to when something is wrong with a channel."""

    owner = SelectField(_l("Who is in charge of it"))

    def offer(self, people: Iterable[Member]) -> None:
        """Let one of these be chosen."""
        self.owner.choices = [SelectChoice(person.public_id, person.name) for person in people]
