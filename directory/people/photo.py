"""Photos: whatever picture comes in, what is kept is a small square without a word about where it was taken."""

import struct
import warnings
from datetime import datetime
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory import files
from directory.audit import record
from directory.errors import Invalid
from directory.people.tables import Member
from directory.translation import gettext as _

FOLDER = "photos"
SIDE = 512  # pixels
MOST_BYTES = 12_000_000
MOST_PIXELS = 50_000_000  # a telephone's 48 megapixels; what claims to be more is not decoded
READ = ("JPEG", "PNG", "WEBP")

# Pillow warns of large and of odd pictures; the large ones are refused here, by the size their header states.
warnings.filterwarnings("ignore", module=r"PIL\.")
# What Pillow raises on broken or hostile bytes, its warnings too where those are errors.
_BROKEN = (
    *(OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, struct.error, MemoryError),
    *(Image.DecompressionBombError, Warning),
)


def crop_square(content: bytes) -> bytes:
    """The picture upright, cropped to its middle, 512 pixels a side, as WebP without metadata. Raises Invalid."""
    if len(content) > MOST_BYTES:
        raise Invalid(_("This photo is too large: twelve megabytes are the most."), field="photo")
    if content[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc", b"ftypmsf1", b"ftypavif"):
        raise Invalid(
            _("Photos of the kind HEIC or AVIF cannot be read here. Send it as JPEG; most phones can."), field="photo"
        )
    try:
        with Image.open(BytesIO(content), formats=READ) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise Invalid(_("This photo has too many pixels. Send a smaller copy of it."), field="photo")
            picture.draft("RGB", (2 * SIDE, 2 * SIDE))  # a large JPEG is decoded at a fraction of its size
            whole = picture if picture.mode in ("RGB", "RGBA", "L") else picture.convert("RGBA")
            side, left, top = min(whole.size), max(0, whole.width - whole.height), max(0, whole.height - whole.width)
            middle = (left / 2, top / 2, left / 2 + side, top / 2 + side)
            small = whole.resize((SIDE, SIDE), Image.Resampling.LANCZOS, box=middle, reducing_gap=2.0)
            small = ImageOps.exif_transpose(small).convert("RGBA")
        flat = Image.new("RGB", small.size, "white")
        flat.paste(small, mask=small)
        kept = BytesIO()
        flat.save(kept, "WEBP", quality=80)
    except Invalid:
        raise
    except _BROKEN:
        raise Invalid(
            _("This is no photo that can be read here. Choose a JPEG, PNG or WebP picture."), field="photo"
        ) from None
    return kept.getvalue()


def set_photo(session: Session, *, member: Member, digest: str | None, now: datetime) -> None:
    """The kept file ``digest`` is the member's photo from now on; None: they have none."""
    member.photo = digest
    action = "photo.show" if digest else "photo.remove"
    record(session, actor_id=member.id, action=action, object=f"member {member.public_id}", now=now)


def delete_if_unused(session: Session, *, home: Path, digest: str | None) -> None:
    """Remove a photo's file once nobody shows it; call it when that is committed."""
    if digest and not session.scalar(select(func.count()).where(Member.photo == digest)):
        files.delete_file(home, FOLDER, digest)


def delete_unused_photos(session: Session, *, home: Path, now: datetime) -> int:
    """Remove what was taken off a day ago and nobody shows; how many files it were."""
    used = set(session.scalars(select(Member.photo).where(Member.photo.is_not(None))))
    return files.delete_unreferenced(home, FOLDER, {digest for digest in used if digest}, now)
