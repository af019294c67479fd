"""The form of a rating: two questions in words, five answers each, and what it was about."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectChoice

from app.access import me
from app.db import db
from app.forms.vouch import AboutForm
from app.moment import now
from directory.people.member import Member
from directory.people.rating import Rating, given, to_rate
from directory.people.search import Held, strongest

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


def rating_form(ratee: Member, held: Sequence[Held] | None = None) -> RatingForm:
    """The empty form about ``ratee``, or what the reader said of them in general. It asks for nobody else's ratings."""
    form, session = RatingForm(formdata=None), db.session()
    form.offer(strongest(session, [ratee.business])[ratee.business_id] if held is None else held)
    for rating in given(session, rater=me(), ratee=ratee):
        if rating.capability_id is None:
            form.show(rating)
    return form


def rating_next(rater: Member) -> tuple[Member, RatingForm] | None:
    """Whom the reader may be asked about this week, with the form; None where there is nobody."""
    ratee = to_rate(db.session(), rater=rater, now=now())
    return (ratee, rating_form(ratee)) if ratee else None
