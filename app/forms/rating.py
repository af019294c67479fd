"""The form of a rating: warmth and competence, five answers each, and the capability that it is about."""

from collections.abc import Iterable, Sequence

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectChoice

from app.access import current_member
from app.db import db
from app.forms.vouch import CapabilityForm
from app.request_time import now
from directory.facts.rating import Rating, next_to_rate, ratings_given
from directory.joining.onboarding import claimed_capabilities
from directory.people.tables import Member
from directory.taxonomy.capability import Capability

# The labels of the values 1 to 5.
WARMTH = (
    _l("I would rather not work with them again"),
    _l("Difficult"),
    _l("All right"),
    _l("Good"),
    _l("I would gladly work with them again"),
)
COMPETENCE = (_l("Not good enough"), _l("It needed fixing"), _l("It did the job"), _l("Good"), _l("As good as it gets"))


def _choices(labels: Sequence[object]) -> list[SelectChoice]:
    """Return the five choices, the best first."""
    return [SelectChoice(str(5 - number), label) for number, label in enumerate(reversed(labels))]


class RatingForm(CapabilityForm):
    """Warmth, competence, and the capability rated or none."""

    warmth = RadioField(choices=_choices(WARMTH))
    competence = RadioField(choices=_choices(COMPETENCE))

    def show(self, rating: Rating) -> None:
        """Fill the two answers from a rating."""
        self.warmth.data, self.competence.data = str(rating.warmth), str(rating.competence)


def rating_form(ratee: Member, capabilities: Iterable[Capability]) -> RatingForm:
    """Return the form about ``ratee``, filled with the reader's own rating of them in general if there is one.

    No other member's ratings are queried.
    """
    form = RatingForm(formdata=None)
    form.offer(capabilities)
    for rating in ratings_given(db.session(), rater=current_member(), ratee=ratee):
        if rating.capability_id is None:
            form.show(rating)
    return form


def rating_next(rater: Member) -> tuple[Member, RatingForm] | None:
    """Return the member whom ``rater`` is asked to rate this week, with an empty form; None if there is nobody."""
    form, session = RatingForm(formdata=None), db.session()
    ratee = next_to_rate(session, rater=rater, now=now())
    if ratee is None:
        return None
    form.offer(claimed_capabilities(session, business=ratee.business))
    return ratee, form
