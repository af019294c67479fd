"""Who may do what: one table of rules, named by the rows of the permission matrix, and the one way to a row.

Every view carries ``@policy("object.action")``; a route without one does not start. Rows are reached from a URL
through ``reach`` alone, which answers a stranger as if there were no such row.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Flask, abort, g, request
from flask_security import current_user
from sqlalchemy import select

from app.db import SAFE_METHODS, db
from directory.db import Base, PublicRow
from directory.leads.lead import Lead
from directory.leads.suggestion import Suggestion
from directory.people.business import Business
from directory.people.interaction import Interaction
from directory.people.member import ChapterRole, Member, Role
from directory.people.rating import Rating
from directory.people.vouch import Vouch
from directory.people.wanted import Wanted
from directory.week.channel import Channel
from directory.week.occurrence import Occurrence


class Verdict(StrEnum):
    """The codes of the matrix, the most permissive first."""

    ALLOW = "A"
    FRESH = "S"  # after proving oneself again
    REASON = "J"  # with a typed reason
    MASKED = "M"  # some fields only
    FORBIDDEN = "F"  # 403
    HIDDEN = "N"  # 404, as if it did not exist
    SIGN_IN = "U"  # 401


A, S, J, M, F, N, U = Verdict


@dataclass(frozen=True)
class Principal:
    """Who asks: a member with the chapters it leads and keeps, or nobody."""

    member: Member | None = None
    leads: frozenset[int] = field(default_factory=frozenset)
    keeps: frozenset[int] = field(default_factory=frozenset)  # as secretary

    @property
    def is_member(self) -> bool:
        return self.member is not None and self.member.suspended_at is None


@dataclass(frozen=True)
class Relation:
    """How a principal may stand to a row: as its owner, as a party to it, or as a lead of its chapter."""

    owner: Callable[[Principal, Member, Any], bool]
    chapter: Callable[[Any], int | None]
    party: Callable[[Member, Any], bool] = lambda me, row: False


def _home(member: Member) -> int | None:
    return member.business.chapter_id


def _keeps(asker: Principal, me: Member, row: Channel | Occurrence) -> bool:
    return row.chapter_id in asker.keeps


RELATIONS: dict[type[Base], Relation] = {
    Member: Relation(lambda asker, me, row: row.id == me.id, _home),
    Business: Relation(lambda asker, me, row: row.id == me.business_id, lambda row: row.chapter_id),
    Wanted: Relation(lambda asker, me, row: row.member_id == me.id, lambda row: _home(row.member)),
    Interaction: Relation(
        lambda asker, me, row: row.said_by_id == me.id,
        lambda row: _home(row.said_by),
        lambda me, row: row.other_id == me.id,
    ),
    Vouch: Relation(
        lambda asker, me, row: row.giver_id == me.id,
        lambda row: _home(row.receiver),
        lambda me, row: row.receiver_id == me.id,
    ),
    Rating: Relation(
        lambda asker, me, row: row.rater_id == me.id, lambda row: None, lambda me, row: row.ratee_id == me.id
    ),
    Lead: Relation(lambda asker, me, row: row.member_id == me.id, lambda row: row.business.chapter_id),
    Suggestion: Relation(lambda asker, me, row: row.asker_id == me.id, lambda row: row.lead.business.chapter_id),
    Channel: Relation(_keeps, lambda row: row.chapter_id),
    Occurrence: Relation(_keeps, lambda row: row.chapter_id),
}


@dataclass(frozen=True)
class Rule:
    """What members may do (``others``), and what those who stand closer may; None: no more than ``others``.

    ``about`` are the tables whose rows the rule judges; without one it needs no row. A public rule lets everybody.
    """

    others: Verdict
    about: tuple[type[Base], ...] = ()
    owner: Verdict | None = None
    party: Verdict | None = None
    lead: Verdict | None = None
    admin: Verdict | None = None
    is_public: bool = False


PUBLIC, MEMBERS = Rule(A, is_public=True), Rule(A)
WEEK = (Channel, Occurrence)

RULES: dict[str, Rule] = {
    "ops.health_live": PUBLIC,
    "asset.read": PUBLIC,
    "page.home": PUBLIC,
    "session.begin": PUBLIC,
    "session.end": PUBLIC,
    "directory.search": MEMBERS,
    "profile.read_member_fields": Rule(A, (Member,)),
    "profile.update": Rule(F, (Member,), owner=A, admin=J),
    "business.read": Rule(A, (Business,)),
    "business.update": Rule(F, (Business,), owner=A, admin=J),
    "claim.add": Rule(F, (Business,), owner=A, admin=J),
    "claim.withdraw": Rule(F, (Business,), owner=A, admin=J),
    "wanted.create": MEMBERS,
    "wanted.read": Rule(A, (Wanted,)),
    "wanted.update": Rule(F, (Wanted,), owner=A, admin=J),
    "interaction.create": MEMBERS,
    "interaction.read": Rule(N, (Interaction,), owner=A, party=A),
    "interaction.answer": Rule(N, (Interaction,), owner=F, party=A, admin=F),
    "interaction.withdraw": Rule(N, (Interaction,), owner=A, party=F, admin=F),
    "vouch.create": MEMBERS,
    "vouch.read_unaccepted": Rule(N, (Vouch,), owner=A, party=A),
    "vouch.answer": Rule(N, (Vouch,), owner=F, party=A, admin=F),
    "vouch.withdraw": Rule(N, (Vouch,), owner=A, party=F, admin=F),
    "rating.create": Rule(F, (Rating,), owner=A),
    "rating.read_own_given": Rule(N, (Rating,), owner=A),
    "rating.update_own_given": Rule(N, (Rating,), owner=A),
    "rating.withdraw": Rule(N, (Rating,), owner=A),
    "rating.read_individual_received": Rule(N, (Rating,)),
    "rating_agg.read_other": Rule(M),
    "lead.create_as_member": MEMBERS,
    "lead.list_own": MEMBERS,
    "lead.read_teaser": Rule(N, (Lead,), owner=A, lead=A, admin=A),
    "lead.update": Rule(N, (Lead,), owner=A, lead=A, admin=J),
    "suggestion.create": Rule(N, (Lead,), owner=A, lead=F, admin=F),
    "suggestion.read": Rule(N, (Suggestion,), owner=A),
    "occurrence.read": Rule(A, (Occurrence,)),
    "channel.post_or_schedule": Rule(N, WEEK, owner=A, lead=A, admin=A),
    "channel.edit_or_cancel_queued": Rule(N, WEEK, owner=A, lead=A, admin=A),
}


def can(asker: Principal, action: str, row: Base | None = None) -> Verdict:
    """The verdict of the rule ``action``, the most permissive of all the ways ``asker`` stands to ``row``."""
    rule = RULES[action]
    if rule.is_public:
        return A
    me = asker.member
    if me is None or not asker.is_member:
        return U
    if not rule.about:
        return (rule.admin or rule.others) if me.is_admin else rule.others
    if row is None or type(row) not in rule.about:
        raise TypeError(f"{action} judges a row of {rule.about}, not {type(row)}")
    relation = RELATIONS[type(row)]
    standing = (
        rule.owner if relation.owner(asker, me, row) else None,
        rule.party if relation.party(me, row) else None,
        rule.lead if relation.chapter(row) in asker.leads else None,
        rule.admin if me.is_admin else None,
    )
    return min((verdict for verdict in standing if verdict), key=list(Verdict).index, default=rule.others)


def principal() -> Principal:
    """Who sent this request."""
    if "principal" not in g:
        g.principal = Principal()
        if current_user.is_authenticated:
            me = current_user.member
            roles = db.session.scalars(select(ChapterRole).where(ChapterRole.member_id == me.id)).all()
            leads, keeps = (
                frozenset(held.chapter_id for held in roles if held.role is role)
                for role in (Role.LEAD, Role.SECRETARY)
            )
            g.principal = Principal(me, leads, keeps)
    asker: Principal = g.principal
    return asker


def me() -> Member:
    """The member who sent this request; a visitor is asked to sign in."""
    member = principal().member
    if member is None or not principal().is_member:
        abort(401)
    return member


def permit(action: str, row: Base | None = None) -> None:
    """Go on, or answer 401, 403 or 404 as the rule says. What wants a reason or a fresh proof is refused here."""
    verdict = can(principal(), action, row)
    if verdict not in (A, M):
        abort({U: 401, N: 404}.get(verdict, 403))
    g.setdefault("permitted", set()).add(action)


RowType = TypeVar("RowType", bound=PublicRow)


def reach(model: type[RowType], public_id: str, action: str) -> RowType:
    """The row that the URL names, if ``action`` may be done to it; 404 to strangers, 403 to mere readers.

    An unsafe method holds the row until its transaction ends; verbs lock people themselves, in an order of their own.
    """
    me()
    named = select(model).where(model.public_id == public_id)
    if request.method not in SAFE_METHODS and model is not Member:
        named = named.with_for_update()
    row = db.session.scalar(named)
    if row is None or (isinstance(row, Member) and row.suspended_at is not None):
        abort(404)
    assert isinstance(row, Base)
    permit(action, row)
    return row


P = ParamSpec("P")
R = TypeVar("R")


def policy(action: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Tag a view with its row of the matrix. Put it below the route.

    A rule without a row is judged before the view; one with a row must have been judged, by ``reach`` or ``permit``,
    when the view is done, or the answer is not given.
    """
    rule = RULES[action]

    def tag(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not rule.is_public:
                me()
            if not rule.about:
                permit(action)
            answer = view(*args, **kwargs)
            if action not in g.get("permitted", ()):
                raise RuntimeError(f"{view.__name__} answered without asking for {action}")
            return answer

        guarded.policy = action  # type: ignore[attr-defined]
        return guarded

    return tag


def check_policies(app: Flask) -> None:
    """Every view names its row of the matrix; RuntimeError lists those that do not."""
    untagged = [name for name, view in app.view_functions.items() if getattr(view, "policy", None) not in RULES]
    if untagged:
        raise RuntimeError(f"views without @policy: {', '.join(sorted(untagged))}")
