"""Import businesses from a file. Each is identified by its key, or else by its name and place, so that importing it
again updates it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from directory.audit import record
from directory.imports.capability_codes import Codes
from directory.imports.cell_checks import ImportErrors
from directory.imports.firm_rows import FIELDS, place_key
from directory.imports.list_row import Line
from directory.imports.report import Report, Unknown, own_word_notes
from directory.people.business import index_businesses
from directory.people.claim import Claim
from directory.people.duplicates import duplicate_index
from directory.people.tables import Business
from directory.privacy.business_merge import merged_keys
from directory.taxonomy.capability import CURATED
from directory.translation import gettext


def import_businesses(
    session: Session,
    *,
    lines: Sequence[Line],
    scheme: str = CURATED,
    unknown: Unknown = "skip",
    join: bool = False,
    source: str = "",
    now: datetime,
) -> Report:
    """Add and update businesses, and add their claims. An empty cell changes nothing; no claim is ever removed.

    A line that cannot be read or occurs twice is left out and told. A firm that is here under another key stays apart,
    and is told; with ``join`` those of the same name and place become one, and only what is empty there is filled in.
    ``source`` is the name of the file. Raises ImportErrors, and saves nothing, for every capability that the scheme
    does not have if ``unknown`` is "fail".
    """
    codes, report = Codes(session, scheme, source), Report(rows=len(lines), unknown=unknown)
    duplicates, merged = duplicate_index(session), merged_keys(session)
    before = {firm.key: firm for firm in session.scalars(select(Business).where(Business.key.is_not(None)))}
    namesakes = _by_name_and_place(session) if join else {}
    first_line: dict[str, Line] = {}
    new, changed, claimed = dict[str, dict[str, object]](), list[dict[str, object]](), dict[int | str, Sequence[int]]()
    for line in lines:
        key = line.values["key"]
        values = {name: value for name, value in line.values.items() if value and name != "capabilities"}
        if line.errors:
            report.leave_out(line.number, " ".join(str(error.message) for error in line.errors))
            continue
        report.notes += line.notes
        if (first := first_line.setdefault(key, line)) is not line:
            if join and key in new:
                new[key] = {**values, **{name: value for name, value in new[key].items() if value}}
                claimed[key] = [*claimed[key], *codes.read(line, report)]
            else:
                report.leave_out(line.number, gettext("is in row %(row)s too", row=first.number))
            continue
        if key in merged:
            report.leave_out(line.number, gettext("merged into another record"))
            continue
        capabilities = codes.read(line, report)
        if words := report.own.get(line.number):
            line.note("capabilities", own_word_notes(words))
        if (firm := before.get(key)) is not None:
            claimed[firm.id] = capabilities
            if any(getattr(firm, name) != value for name, value in values.items()):
                changed.append({**values, "id": firm.id})
        elif (firm := namesakes.get(place_key(line.values))) is not None:
            claimed[firm.id] = capabilities
            if empty := {name: value for name, value in values.items() if not getattr(firm, name)}:
                changed.append({**empty, "id": firm.id})
        else:
            claimed[key] = capabilities
            new[key] = {**{field.name: "" for field in FIELDS[:-1]}, **values, "created_at": now}
            for match in duplicates.like(line.values["name"], line.values["website"], line.values["phone"]):
                report.alike.setdefault(line.number, match.business_id)
    if report.errors:
        raise ImportErrors(report.errors)
    if new:
        session.execute(insert(Business), list(new.values()))
    if changed:
        session.execute(update(Business), changed)
    report.added, report.updated = len(new), len(changed)
    report.same = len(claimed) - len(new) - len(changed)
    ids = {key: id for key, id in session.execute(select(Business.key, Business.id)) if key is not None}
    by_id = {each if isinstance(each, int) else ids[each]: capabilities for each, capabilities in claimed.items()}
    wanted = {(id, capability): now for id, capabilities in by_id.items() for capability in capabilities}
    report.claims = add_claims(session, wanted)
    if new or changed or report.claims:
        index_businesses(session, list(by_id))
        record(session, actor_id=None, action="import businesses", object="business", now=now, reason=report.lines()[0])
    return report


def _by_name_and_place(session: Session) -> dict[str, Business]:
    """Return the firms by name and place, those that share both left out: nobody can tell which is meant."""
    firms: dict[str, Business] = {}
    shared = set[str]()
    for firm in session.scalars(select(Business).order_by(Business.id)):
        key = place_key({"name": firm.name, "city": firm.city, "region": firm.region})
        if firms.setdefault(key, firm) is not firm:
            shared.add(key)
    return {key: firm for key, firm in firms.items() if key not in shared}


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
