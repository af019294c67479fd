"""Import businesses from a file. Each is identified by its key, so that importing it again updates it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from directory.audit import record
from directory.imports.capability_codes import Codes
from directory.imports.cell_checks import Field, ImportErrors, RowError
from directory.imports.checked_csv_reader import CheckedRow
from directory.imports.report import Report, Unknown
from directory.people.business import index_businesses
from directory.people.claim import Claim
from directory.people.duplicates import duplicate_index
from directory.people.field_declaration import fields_of
from directory.people.tables import Business
from directory.privacy.business_merge import merged_keys
from directory.taxonomy.capability import CURATED
from directory.translation import gettext

FIELDS = (
    Field("key", ("key", "id"), 120, required=True),
    *(
        Field(name, field.imported, field.limit or 0, required=field.is_required, check=field.check or str)
        for name, field in fields_of(Business).items()
        if field.imported
    ),
    Field("capabilities", ("capabilities",), 4096),
)


def import_businesses(
    session: Session, *, rows: Sequence[CheckedRow], scheme: str = CURATED, unknown: Unknown = "skip", now: datetime
) -> Report:
    """Add and update businesses, and add their claims. An empty cell changes nothing; no claim is ever removed.

    Raises ImportErrors, and saves nothing, for a key that occurs twice and, if ``unknown`` is "fail", for every
    capability that the scheme does not have.
    """
    codes, report = Codes(session, scheme), Report(rows=len(rows), unknown=unknown)
    duplicates, merged = duplicate_index(session), merged_keys(session)
    before = {firm.key: firm for firm in session.scalars(select(Business).where(Business.key.is_not(None)))}
    first_row: dict[str, int] = {}
    new, changed, claimed = list[dict[str, object]](), list[dict[str, object]](), dict[str, Sequence[int]]()
    for row in rows:
        key = row.values["key"]
        if first_row.setdefault(key, row.number) != row.number:
            message = gettext("stands in row %(row)s too.", row=first_row[key])
            report.errors.append(RowError(row.number, "key", message))
            continue
        if key in merged:
            report.skip(gettext("merged into another record"), row.number, key)
            continue
        claimed[key] = codes.read(row, report)
        values = {name: value for name, value in row.values.items() if value and name != "capabilities"}
        if (firm := before.get(key)) is None:
            new.append({**{field.name: "" for field in FIELDS[:-1]}, **values, "created_at": now})
            if duplicates.like(row.values["name"], row.values.get("website", ""), row.values.get("phone", "")):
                report.alike.append(gettext("row %(row)s", row=row.number))
        elif any(getattr(firm, name) != value for name, value in values.items()):
            changed.append({**values, "id": firm.id})
    if report.errors:
        raise ImportErrors(report.errors)
    if new:
        session.execute(insert(Business), new)
    if changed:
        session.execute(update(Business), changed)
    report.added, report.updated = len(new), len(changed)
    report.same = len(claimed) - len(new) - len(changed)
    ids = {key: id for key, id in session.execute(select(Business.key, Business.id)) if key is not None}
    wanted = {(ids[key], capability): now for key, capabilities in claimed.items() for capability in capabilities}
    report.claims = add_claims(session, wanted)
    if new or changed or report.claims:
        index_businesses(session, [ids[key] for key in claimed])
        record(session, actor_id=None, action="import businesses", object="business", now=now, reason=report.lines()[0])
    return report


def add_claims(session: Session, wanted: dict[tuple[int, int], datetime]) -> int:
    """Add the missing ones of the claims (business id, capability id) -> claimed at. Return how many were added."""
    existing = set(session.execute(select(Claim.business_id, Claim.capability_id)))
    new = [
        {"business_id": business, "capability_id": capability, "claimed_at": at}
        for (business, capability), at in wanted.items()
        if (business, capability) not in existing
    ]
    if new:
        session.execute(insert(Claim), new)
    return len(new)
