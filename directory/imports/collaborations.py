"""Import finished collaborations of a prime and a sub from a file, as evidence for the capabilities of the sub."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time

from babel.numbers import is_currency
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from directory.audit import record
from directory.errors import Invalid
from directory.facts.collaboration import Collaboration, collaboration_capability
from directory.imports.businesses import add_claims
from directory.imports.capability_codes import Codes
from directory.imports.cell_checks import CELL_BYTES, Field, ImportErrors, RowError
from directory.imports.checked_table import CheckedRow
from directory.imports.report import Report, Unknown
from directory.interpretation.written_amount import parse_amount
from directory.money import Money
from directory.people.business import index_businesses
from directory.people.tables import Business
from directory.privacy.business_merge import merged_keys
from directory.taxonomy.capability import CURATED
from directory.translation import gettext

FIELDS = (
    Field("prime", ("prime",), 120, required=True),
    Field("sub", ("sub",), 120, required=True),
    Field("date", ("date",), 10, required=True),
    Field("amount", ("amount",), 20),
    Field("currency", ("currency",), 3),
    Field("capabilities", ("capabilities",), CELL_BYTES),
    Field("title", ("title",), CELL_BYTES),  # cut to TITLE
    Field("key", ("key", "award"), 200),  # the other system's key; used as the title if there is none
)
TITLE = 300  # characters of the column


def import_collaborations(
    session: Session,
    *,
    rows: Sequence[CheckedRow],
    scheme: str = CURATED,
    unknown: Unknown = "skip",
    source: str = "",
    now: datetime,
) -> Report:
    """Add finished collaborations, and the claims of their subs, dated by the first such collaboration.

    Rows equal in every cell count once, in this file and across files. Rows with an amount of zero or less amend
    earlier work and are no evidence; a business cannot be its own sub: such rows are counted and skipped. Raises
    ImportErrors, and saves nothing, for wrong cells and, if ``unknown`` is "fail", for unknown businesses and codes.
    """
    codes, report = Codes(session, scheme, source), Report(rows=len(rows), unknown=unknown)
    firms = merged_keys(session)
    firms |= {key: id for key, id in session.execute(select(Business.key, Business.id)) if key is not None}
    existing = set(session.scalars(select(Collaboration.key).where(Collaboration.key.is_not(None))))
    seen, new = set[str](), list[dict[str, object]]()
    capabilities_of, claims = dict[str, Sequence[int]](), dict[tuple[int, int], datetime]()
    for row in rows:
        if row.digest in existing:
            report.same += 1
            continue
        if row.digest in seen:
            report.skip(gettext("the same as a row before"), row.number)
            continue
        seen.add(row.digest)
        try:
            at, amount = _finished(row.values["date"], now), _amount(row.values)
        except Invalid as error:
            report.errors.append(RowError(row.number, error.field or "", error.message))
            continue
        unknown_roles = [name for name in ("prime", "sub") if row.values[name] not in firms]
        for name in unknown_roles:
            reason, firm = gettext("an unknown firm, as %(role)s", role=name), row.values[name]
            report.skip_unknown(reason, RowError(row.number, name, f"{firm}: {reason}"), firm)
        if unknown_roles:
            continue
        if firms[row.values["prime"]] == firms[row.values["sub"]]:
            report.skip(gettext("prime and sub are the same firm"), row.number)
        elif amount is not None and amount.minor <= 0:
            report.skip(gettext("an amendment: its amount is not above zero"), row.number)
        else:
            sub = firms[row.values["sub"]]
            capabilities_of[row.digest] = codes.read(row, report)
            for capability in capabilities_of[row.digest]:
                claims[sub, capability] = min(at, claims.get((sub, capability), at))
            new.append(
                {
                    "key": row.digest,
                    "prime_id": firms[row.values["prime"]],
                    "sub_id": sub,
                    "title": (row.values.get("title") or row.values.get("key", ""))[:TITLE],
                    "amount_minor": amount and amount.minor,
                    "currency": amount.currency if amount else "USD",
                    "created_at": now,
                    "finished_at": at,
                }
            )
    if report.errors:
        raise ImportErrors(report.errors)
    report.added = len(new)
    if new:
        session.execute(insert(Collaboration), new)
        ids = dict(session.execute(select(Collaboration.key, Collaboration.id)).all())
        links = [
            {"collaboration_id": ids[key], "capability_id": capability}
            for key, capabilities in capabilities_of.items()
            for capability in capabilities
        ]
        if links:
            session.execute(insert(collaboration_capability), links)
        report.claims = add_claims(session, claims)
        index_businesses(session, {sub for sub, _ in claims})
        reason = report.lines()[0]
        record(session, actor_id=None, action="import collaborations", object="collaboration", now=now, reason=reason)
    return report


def _finished(text: str, now: datetime) -> datetime:
    try:
        at = datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise Invalid(gettext("%(text)s is not a date such as 2024-10-31.", text=text), field="date") from None
    if at > now:
        raise Invalid(gettext("%(text)s is in the future; only finished work is evidence.", text=text), field="date")
    return at


def _amount(values: Mapping[str, str]) -> Money | None:
    text = values.get("amount", "")
    if not text:
        return None
    currency = values.get("currency") or "USD"
    if not is_currency(currency):
        raise Invalid(gettext("%(code)s is not a currency code such as USD.", code=currency), field="currency")
    money = parse_amount(text.removeprefix("-"), country="", currency=currency, field="amount")
    return Money(-money.minor, money.currency) if text.startswith("-") else money
