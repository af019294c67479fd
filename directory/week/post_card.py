"""Post cards: a picture for the week's post of one member that it names, with firm, ask and a QR code."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import cast

import segno
from PIL import Image, ImageDraw, ImageFont
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory import files
from directory.content_policy import policy_errors
from directory.outbox.delivery import Delivery
from directory.outbox.post_snapshot import FOLDER, PostSnapshot
from directory.people.audience import Audience
from directory.people.tables import WantedKind
from directory.profiles.member_view import visible_to
from directory.translation import gettext, join_as_list
from directory.week.mention_choice import Mention
from directory.week.post_item import needs_of
from directory.week.post_wording import truncate

SIZE, EDGE, CODE = (1200, 675), 80, 240  # pixels, which X and Mastodon show without cropping
PAPER, INK, MUTED, ACCENT = "#FAF7F2", "#1D2433", "#5B6274", "#0F5C4D"  # the look's own
FONTS = Path(__file__).parents[2] / "node_modules" / "@fontsource-variable"
HEADING, TEXT = FACES = "newsreader", "figtree"
RETENTION = timedelta(days=60)  # so long a posted picture may still be fetched
Font = ImageFont.FreeTypeFont


@dataclass(frozen=True)
class PostCard:
    """What is on the picture; ``code`` is the address in its QR code, empty for none."""

    chapter: str
    name: str
    firm: str
    text: str
    code: str

    @property
    def alt(self) -> str:
        """The alternative text of the picture."""
        parts = [gettext("%(chapter)s: %(name)s of %(firm)s.", chapter=self.chapter, name=self.name, firm=self.firm)]
        if self.text:
            parts.append(self.text if self.text.endswith(tuple(".!?…”")) else f"{self.text}.")
        if self.code:
            parts.append(gettext("The code leads to %(address)s", address=self.code))
        return " ".join(parts)

    @property
    def png(self) -> bytes:
        """The picture as PNG, the same bytes for the same card."""
        picture = Image.new("RGB", SIZE, PAPER)
        draw = ImageDraw.Draw(picture)
        draw.rectangle((0, 0, 15, SIZE[1]), fill=ACCENT)
        full_width = SIZE[0] - 2 * EDGE
        narrow_width = full_width - (CODE + 40 if self.code else 0)
        y = EDGE
        for text, face, size, colour, max_lines, width, space in (
            (self.chapter, TEXT, 30, ACCENT, 1, full_width, 24),
            (self.name, HEADING, 80, INK, 1, full_width, 12),
            (self.firm, TEXT, 36, MUTED, 1, full_width, 48),
            (self.text, HEADING, 46, INK, 4, narrow_width, 0),
        ):
            for line in _wrap(text, _font(face, size), width, max_lines):
                draw.text((EDGE, y), line, colour, _font(face, size))
                y += round(size * 1.25)
            y += space
        if self.code:
            out = BytesIO()
            segno.make(self.code, error="m").save(out, kind="png", scale=10, border=0, dark=INK, light=PAPER)
            square = Image.open(out).convert("RGB").resize((CODE, CODE), Image.Resampling.NEAREST)
            picture.paste(square, (SIZE[0] - EDGE - CODE, SIZE[1] - EDGE - CODE))
        out = BytesIO()
        picture.save(out, "PNG", optimize=True)
        return out.getvalue()


def card_of(mentions: Iterable[Mention], base_url: str) -> PostCard | None:
    """Return the card of the first mentioned member who consents to be named; None without one.

    The QR code leads to the member's public page; without such a page there is no code. None too where the fonts lack a
    character, which would be drawn as an empty box.
    """
    for mention in mentions:
        if mention.member.spotlight_at is not None and mention.case_study is None:
            break
    else:
        return None
    member, chapter = mention.member, mention.occurrence.chapter.name
    name, firm = member.name, member.business.name
    text = _card_text(mention)
    text = "" if policy_errors(text, member.business.country) else text
    if not all(_has_glyphs(face, chapter + name + firm + text + "…") for face in FACES):
        return None
    code = f"{base_url}/people/{member.public_id}" if base_url and member.public_at is not None else ""
    return PostCard(chapter, name, firm, text, code)


def _card_text(mention: Mention) -> str:
    if mention.wanted is not None:
        if mention.wanted.kind is WantedKind.OFFER:
            return gettext("Offers: %(what)s", what=mention.wanted.text)
        return gettext("Wanted: %(what)s", what=mention.wanted.text)
    if mention.lead is not None:
        return gettext("Wanted: %(what)s", what=join_as_list(needs_of(mention.lead)))
    # A picture is seen by everybody.
    return str(visible_to(mention.member, Audience.PUBLIC).get("headline"))


def _wrap(text: str, font: Font, width: int, limit: int) -> list[str]:
    """Wrap ``text`` to at most ``limit`` lines of ``width`` pixels, truncated at the end where it is longer."""
    lines, words = [""], text.split()
    for at, word in enumerate(words):
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        elif len(lines) < limit:
            lines.append(word)
        else:
            lines[-1] = truncate(" ".join([lines[-1], *words[at:]]), len(lines[-1]))
            break
    while len(lines[-1]) > 1 and font.getlength(lines[-1]) > width:
        lines[-1] = truncate(lines[-1], len(lines[-1]) - 1)
    return [line for line in lines if line]


def _has_glyphs(face: str, text: str) -> bool:
    font = _font(face, 20)
    missing = bytes(font.getmask("\U0010fffe"))
    return all(character.isspace() or bytes(font.getmask(character)) != missing for character in set(text))


@cache
def _font(face: str, size: int) -> Font:
    """The font of the website; Pillow's own where it was never fetched."""
    path = FONTS / face / "files" / f"{face}-latin-wght-normal.woff2"
    if not path.exists():
        return cast(Font, ImageFont.load_default(size))
    font = ImageFont.truetype(path, size)
    font.set_variation_by_axes([500])
    return font


def delete_unused_cards(session: Session, *, home: Path, now: datetime) -> int:
    """Delete the pictures that no post due in the last RETENTION names; return how many.

    Those of erased members are among them, since erasure empties the payload.
    """
    recent = select(Delivery.payload).where(Delivery.channel_id.is_not(None), Delivery.due_at > now - RETENTION)
    used = {PostSnapshot.from_bytes(payload).image for payload in session.scalars(recent) if payload}
    return files.delete_unreferenced(home, FOLDER, used, now)
