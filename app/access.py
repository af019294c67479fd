"""Access control of views: the current principal, permission checks, and rows looked up by the id in a URL.

Every view carries ``@policy("object.action")``; the app does not start with a view that has none. A URL reaches a row
through ``get_permitted_or_404`` alone, which answers a stranger as if the row did not exist.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar
from uuid import uuid4

from flask import Flask, abort, g, request
from sqlalchemy import select
from sqlalchemy.sql.base import ExecutableOption

from app.accounts.sessions import is_fresh, signed_in
from app.accounts.tables import Account
from app.db import SAFE_METHODS, db
from app.permissions import DONE, RULES, A, J, M, N, S, U, Verdict, can
from app.request_time import now
from app.row_relation import RELATIONS, Principal
from directory.audit import record
from directory.db import Base, PublicRow
from directory.leads.offer import Offer
from directory.local_format import local_format
from directory.outbox import mail
from directory.people.tables import Business, Member, MemberState, Role


def current_principal() -> Principal:
    """Return the principal that sent this request."""
    if "principal" not in g:
        g.account, g.principal = signed_in(), Principal()
        if g.account is not None:
            member = g.account.member
            leads, keeps = (
                frozenset(held.chapter_id for held in member.holds if held.role is role)
                for role in (Role.LEAD, Role.SECRETARY)
            )
            g.principal = Principal(member, leads, keeps)
            if chapter := member.business.chapter:
                local_format.set(chapter.local_format)
    principal: Principal = g.principal
    return principal


def current_member() -> Member:
    """Return the member who sent this request, an applicant included. Aborts with 401 for a visitor."""
    principal = current_principal()
    if principal.member is None or not (principal.is_member or principal.is_pending):
        abort(401)
    return principal.member


def my_business() -> Business:
    """Return the business of the member who sent this request. Aborts with 401 for a visitor."""
    return current_member().business


def my_account() -> Account:
    """Return the account of the member who sent this request. Aborts with 401 for a visitor."""
    current_member()
    account: Account = g.account
    return account


def permit(action: str, row: Base | None = None) -> None:
    """Return if the rule allows ``action`` on ``row``, else abort with 401, 403 or 404.

    A rule that needs a recent login raises RecentLoginRequired without one. A rule that needs a reason takes it from
    the form (ReasonRequired without one), records it in the audit log and mails it to the person the row belongs to.
    """
    verdict = can(current_principal(), action, row)
    if verdict is S:
        require_recent_login()
    elif verdict is J:
        _record_reason(action, row)
    elif verdict not in (A, M):
        refuse(verdict, row)
    g.setdefault("permitted", set()).add(action)


def refuse(verdict: Verdict, row: Base | None) -> NoReturn:
    """Abort with 401 for a visitor, 404 for a row that is hidden from the reader, else 403."""
    is_hidden = verdict is N or (isinstance(row, Business) and row.is_hidden)
    abort(401 if verdict is U else 404 if is_hidden else 403)


class RecentLoginRequired(Exception):
    """The action needs a recent login. The error handler asks for a new proof of identity and then comes back."""


class ReasonRequired(Exception):
    """The action needs a typed reason. The error page asks for one and sends the same form again with it."""


def require_recent_login() -> None:
    """Raise RecentLoginRequired unless the login is recent."""
    if not is_fresh():
        raise RecentLoginRequired


MIN_REASON, MAX_REASON = 10, 300  # characters


def _record_reason(action: str, row: Base | None) -> None:
    """Record the form's reason in the audit log and mail it to the person of ``row``. Raises ReasonRequired."""
    reason = " ".join(request.form.get("reason", "").split())
    if request.method in SAFE_METHODS or not MIN_REASON <= len(reason) <= MAX_REASON:
        raise ReasonRequired
    actor, person = current_member(), RELATIONS[type(row)].person(row) if row is not None else None
    target = f"{row.__tablename__} {row.public_id}" if isinstance(row, PublicRow) else action.partition(".")[0]
    record(db.session(), actor_id=actor.id, action=action, object=target, reason=reason, now=now())
    if person is not None and person.id != actor.id:
        words = {"by": actor.name, "act": DONE[action](), "reason": reason}
        mail.enqueue(db.session(), letter="told", to=person, event=f"told-{uuid4().hex}", words=words, now=now())


RowType = TypeVar("RowType", bound=PublicRow)


def get_permitted_or_404(
    model: type[RowType],
    public_id: str,
    action: str,
    states: tuple[MemberState, ...] = (MemberState.ACTIVE,),
    options: Sequence[ExecutableOption] = (),
) -> RowType:
    """Return the row with the id of the URL if ``action`` is permitted on it.

    Aborts with 404 for a stranger and 403 for somebody who may only read the row. Members are found only in
    ``states``, so by default only active ones. ``options`` are loader options of the query.
    An unsafe method locks the row until its transaction ends, except a Member or an Offer: verbs lock members, and the
    lead of an offer, in their own order.
    """
    if not RULES[action].is_public:
        current_member()
    query = select(model).where(model.public_id == public_id).options(*options)
    if request.method not in SAFE_METHODS and model not in (Member, Offer):
        query = query.with_for_update()
    row = db.session.scalars(query).unique().one_or_none()
    if row is None or (isinstance(row, Member) and row.state not in states):
        abort(404)
    assert isinstance(row, Base)
    permit(action, row)
    return row


P = ParamSpec("P")
R = TypeVar("R")


def policy(action: str, row: Callable[[], Base] | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Tag a view with its row of the permission matrix. Put this decorator below the route.

    A rule that is not about a row is checked before the view runs, and so is a rule about the row that ``row`` returns,
    such as ``current_member``. The view itself must check a rule about any other row, with ``get_permitted_or_404`` or
    ``permit``; if it returns without that check, RuntimeError is raised.
    """

    def tag(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            rule = RULES[action]
            if not rule.is_public:
                current_member()
            if not rule.about or row is not None:
                permit(action, row() if row is not None else None)
            response = view(*args, **kwargs)
            if action not in g.get("permitted", ()):
                raise RuntimeError(f"view {view.__name__} returned without a permission check for {action}")
            return response

        guarded.policy = action  # type: ignore[attr-defined]
        return guarded

    return tag


def check_policies(app: Flask) -> None:
    """Raise RuntimeError with the views whose tag is no rule of the permission matrix."""
    tags = {name: getattr(view, "policy", "no @policy") for name, view in app.view_functions.items()}
    if wrong := [f"{name} ({tag})" for name, tag in sorted(tags.items()) if tag not in RULES]:
        raise RuntimeError(f"views without a rule in RULES of app/permissions.py: {', '.join(wrong)}")
