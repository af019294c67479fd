"""The way to a row: who asks, whether they may, and how a page says so.

Every view carries ``@policy("object.action")``; a route without one does not start. Rows are reached from a URL
through ``get_permitted_or_404`` alone, which answers a stranger as if there were no such row.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import uuid4

from flask import Flask, abort, g, request
from sqlalchemy import select
from sqlalchemy.sql.base import ExecutableOption

from app.accounts.sessions import is_fresh, signed_in
from app.accounts.tables import Account
from app.db import SAFE_METHODS, db
from app.permissions import DONE, RULES, A, J, M, N, S, U, can
from app.relations import RELATIONS, Principal
from app.request_time import now
from directory.audit import record
from directory.db import Base, PublicRow
from directory.outbox import mail
from directory.people.tables import Member, MemberState, Role


def current_principal() -> Principal:
    """Who sent this request."""
    if "principal" not in g:
        g.account, g.principal = signed_in(), Principal()
        if g.account is not None:
            me = g.account.member
            leads, keeps = (
                frozenset(held.chapter_id for held in me.holds if held.role is role)
                for role in (Role.LEAD, Role.SECRETARY)
            )
            g.principal = Principal(me, leads, keeps)
    asker: Principal = g.principal
    return asker


def current_member() -> Member:
    """The member who sent this request, one who waits to be let in too; a visitor is asked to sign in."""
    asker = current_principal()
    if asker.member is None or not (asker.is_member or asker.is_pending):
        abort(401)
    return asker.member


def my_account() -> Account:
    """The account of the member who sent this request; a visitor is asked to sign in."""
    current_member()
    account: Account = g.account
    return account


def permit(action: str, row: Base | None = None) -> None:
    """Go on, or answer 401, 403 or 404 as the rule says.

    What wants a fresh proof asks for it; what wants a reason takes the one that came with the form, keeps it in the
    audit log and tells the person the row belongs to.
    """
    verdict = can(current_principal(), action, row)
    if verdict is S:
        require_recent_login()
    elif verdict is J:
        _account_for(action, row)
    elif verdict not in (A, M):
        abort({U: 401, N: 404}.get(verdict, 403))
    g.setdefault("permitted", set()).add(action)


class RecentLoginRequired(Exception):
    """This may be done by whoever proves anew who they are."""


class ReasonRequired(Exception):
    """This may be done with a typed reason; the error page asks for one, and sends the form again with it."""


def require_recent_login() -> None:
    """Go on, or send the browser to prove who sits before it, and back to this page."""
    if not is_fresh():
        raise RecentLoginRequired


LEAST_REASON, MOST_REASON = 10, 300  # characters


def _account_for(action: str, row: Base | None) -> None:
    reason = " ".join(request.form.get("reason", "").split())
    if request.method in SAFE_METHODS or not LEAST_REASON <= len(reason) <= MOST_REASON:
        raise ReasonRequired
    actor, person = current_member(), RELATIONS[type(row)].person(row) if row is not None else None
    what = f"{row.__tablename__} {row.public_id}" if isinstance(row, PublicRow) else action.partition(".")[0]
    record(db.session(), actor_id=actor.id, action=action, object=what, reason=reason, now=now())
    if person is not None and person.id != actor.id:
        words = {"by": actor.name, "act": DONE[action](), "reason": reason}
        mail.enqueue(db.session(), letter="told", to=person, event=f"told-{uuid4().hex}", words=words, now=now())


RowType = TypeVar("RowType", bound=PublicRow)


def get_permitted_or_404(
    model: type[RowType],
    public_id: str,
    action: str,
    reaches: tuple[MemberState, ...] = (MemberState.ACTIVE,),
    options: Sequence[ExecutableOption] = (),
) -> RowType:
    """The row that the URL names, if ``action`` may be done to it; 404 to strangers, 403 to mere readers.

    Members are found in the states ``reaches``: who was suspended or has left is nowhere else. ``options`` say what
    else of the row is loaded with it.
    An unsafe method holds the row until its transaction ends; verbs lock people themselves, in an order of their own.
    """
    if not RULES[action].is_public:
        current_member()
    named = select(model).where(model.public_id == public_id).options(*options)
    if request.method not in SAFE_METHODS and model is not Member:
        named = named.with_for_update()
    row = db.session.scalars(named).unique().one_or_none()
    if row is None or (isinstance(row, Member) and row.state not in reaches):
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

    def tag(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            rule = RULES[action]
            if not rule.is_public:
                current_member()
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
    tags = {name: getattr(view, "policy", "no @policy") for name, view in app.view_functions.items()}
    if wrong := [f"{name} ({tag})" for name, tag in sorted(tags.items()) if tag not in RULES]:
        raise RuntimeError(f"views without a rule in RULES of app/permissions.py: {', '.join(wrong)}")
