"""The form of a rating: two questions in words, five answers each, and what it was about."""

from collections.abc import Iterable, Sequence

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectChoice

from app.access import current_member
from app.db import db
from app.forms.vouch import AboutForm
from app.request_time import now
from directory.facts.rating import Rating, next_to_rate, ratings_given
from directory.joining.onboarding import claimed_capabilities
from directory.people.tables import Member
from directory.taxonomy.capability import Capability

WARMTH = (_l("I would rather not again"), _l("Hard going"), _l("All right"), _l("Good"), _l("I would gladly again"))
COMPETENCE = (_l("Not up to it"), _l("It needed repair"), _l("It did the job"), _l("Good"), _l("As good as it gets"))


def _five(words: Sequence[object]) -> list[SelectChoice]:
    """The best first, as people read them."""
    return [SelectChoice(str(5 - number), word) for number, word in enumerate(reversed(words))]


class RatingForm(AboutForm):
    """How it was, how good the work was, and of which capability."""

    warmth = RadioField(choices=_five(WARMTH))
    competence = RadioField(choices=_five(COMPETENCE))

    def show(self, rating: Rating) -> None:
        """Fill in what was said before."""
        self.warmth.data, self.competence.data = str(rating.warmth), str(rating.competence)


def rating_form(ratee: Member, able: Iterable[Capability]) -> RatingForm:
    """The empty form about ``ratee``, or what the reader said of them in general. It asks for nobody else's ratings."""
    form = RatingForm(formdata=None)
    form.offer(able)
    for rating in ratings_given(db.session(), rater=current_member(), ratee=ratee):
        if rating.capability_id is None:
            form.show(rating)
    return form


def rating_next(rater: Member) -> tuple[Member, RatingForm] | None:
    """Whom the reader may be asked about this week, with the form; None where there is nobody."""
    form, session = RatingForm(formdata=None), db.session()
    ratee = next_to_rate(session, rater=rater, now=now())
    if ratee is None:
        return None
    form.offer(claimed_capabilities(session, business=ratee.business))
    return ratee, form
