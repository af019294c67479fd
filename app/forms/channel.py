"""Forms of a channel: the settings of its kind, and the member in charge of it."""

from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, SelectChoice, SelectField, StringField

from app.forms import Form
from directory.outbox.channel import Channel
from directory.outbox.channel_kind import ChannelKind
from directory.people.tables import Member


def form_for(kind: ChannelKind, channel: Channel | None) -> Form:
    """Return a form with the fields of ``kind``, filled from the settings of ``channel`` but never with a secret."""
    fields = {field.name: (PasswordField if field.is_secret else StringField)(_(field.label)) for field in kind.fields}
    form: Form = type("ConnectForm", (Form,), fields)(data=channel.settings if channel else None)
    return form


class ChargeForm(Form):
    """The member who gets mail when something is wrong with a channel."""

    owner = SelectField(_l("Person in charge"))

    def offer(self, people: Iterable[Member]) -> None:
        """Set the choices to these members."""
        self.owner.choices = [SelectChoice(person.public_id, person.name) for person in people]
