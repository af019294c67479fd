"""Photos: turns an uploaded picture into a small square WebP without metadata, and stores whose it is."""

import struct
import warnings
from datetime import datetime
from io import BytesIO
from pathlib import Path
from threading import Lock

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
MAX_BYTES = 12_000_000
MAX_PIXELS = 16_000_000  # fits the largest screens; decoding so many takes 250 MB
MAX_JPEG_PIXELS = 50_000_000  # fits a phone's 48 megapixels; a JPEG is decoded at reduced size, which takes 160 MB
WAIT = 10.0  # seconds that a photo waits for the one before it
FORMATS = ("JPEG", "PNG", "WEBP")

# Pillow warns of large and malformed pictures; large ones are refused here, by the size in their header.
warnings.filterwarnings("ignore", module=r"PIL\.")
# What Pillow raises on broken or hostile bytes, including its warnings where they are errors.
_BROKEN = (
    *(OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, struct.error, MemoryError),
    *(Image.DecompressionBombError, Warning),
)
_decoder = Lock()  # one picture at a time in a process, since memory for several at once could be more than there is


def crop_square(content: bytes) -> bytes:
    """Return the picture upright, cropped to a square of SIDE pixels, as WebP without metadata.

    Raises Invalid, also if WAIT seconds pass in which this process is busy with other pictures.
    """
    if len(content) > MAX_BYTES:
        raise Invalid(_("This photo is too large. The limit is 12 MB."), field="photo")
    if content[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc", b"ftypmsf1", b"ftypavif"):
        raise Invalid(_("HEIC and AVIF photos cannot be read here. Send it as JPEG; most phones can."), field="photo")
    if not _decoder.acquire(timeout=WAIT):
        raise Invalid(_("Many photos are coming in right now. Send it again in a minute."), field="photo")
    try:
        return _square(content)
    except _BROKEN:
        raise Invalid(_("This photo cannot be read here. Choose a JPEG, PNG or WebP picture."), field="photo") from None
    finally:
        _decoder.release()


def _square(content: bytes) -> bytes:
    with Image.open(BytesIO(content), formats=FORMATS) as picture:
        in_steps = picture.format == "JPEG" and picture.mode in ("RGB", "L")
        if picture.width * picture.height > (MAX_JPEG_PIXELS if in_steps else MAX_PIXELS):
            raise Invalid(_("This photo has too many pixels. Send a smaller copy."), field="photo")
        picture.draft("RGB", (2 * SIDE, 2 * SIDE))  # a large JPEG is decoded at reduced size
        image = picture if picture.mode in ("RGB", "RGBA", "L") else picture.convert("RGBA")
        side, left, top = min(image.size), max(0, image.width - image.height), max(0, image.height - image.width)
        box = (left / 2, top / 2, left / 2 + side, top / 2 + side)
        square = image.resize((SIDE, SIDE), Image.Resampling.LANCZOS, box=box, reducing_gap=2.0)
        square = ImageOps.exif_transpose(square).convert("RGBA")
    opaque = Image.new("RGB", square.size, "white")
    opaque.paste(square, mask=square)
    output = BytesIO()
    opaque.save(output, "WEBP", quality=80)
    return output.getvalue()


def set_photo(session: Session, *, member: Member, digest: str | None, now: datetime) -> None:
    """Set the stored file ``digest`` as the member's photo; None removes the photo."""
    member.photo = digest
    action = "photo.show" if digest else "photo.remove"
    record(session, actor_id=member.id, action=action, object=member, now=now)


def delete_if_unused(session: Session, *, home: Path, digest: str | None) -> None:
    """Delete a photo's file if no member has it. Call it after the commit."""
    if digest and not session.scalar(select(func.count()).where(Member.photo == digest)):
        files.delete_file(home, FOLDER, digest)


def delete_unused_photos(session: Session, *, home: Path, now: datetime) -> int:
    """Delete photo files that no member has and that were stored more than a day ago; return how many."""
    used = set(session.scalars(select(Member.photo).where(Member.photo.is_not(None))))
    return files.delete_unreferenced(home, FOLDER, {digest for digest in used if digest}, now)
