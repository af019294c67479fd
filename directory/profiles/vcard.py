"""vCards: what a member's view shows, as vCard 3.0, which telephones read."""

import vobject  # type: ignore[import-untyped]

from directory.people.personal_name import name_parts
from directory.profiles.contact_reveal import Contact
from directory.profiles.member_view import MemberView


def vcard(view: MemberView, contact: Contact, *, page: str) -> str:
    """Return the vCard of the member behind ``view``; ``page`` is the URL of their page.

    Every value is escaped and folded by vobject, so that a name cannot begin a line of its own.
    """
    member, firm = view.member, view.member.business
    card = vobject.vCard()
    name_of = name_parts(member.name)
    card.add("n").value = vobject.vcard.Name(
        *(name_of.family, name_of.given, name_of.middle, name_of.title, name_of.suffix)
    )
    card.add("fn").value = member.name
    card.add("org").value = [firm.name]
    for name, value in (("title", member.role), ("note", view.get("headline")), ("url", firm.website or page)):
        if value:
            card.add(name).value = value
    for number in contact.phones:
        card.add("tel").value = number
    for address in contact.emails:
        card.add("email").value = address
    if firm.city or firm.region:
        card.add("adr").value = vobject.vcard.Address(city=firm.city, region=firm.region)
    text: str = card.serialize()
    return text
