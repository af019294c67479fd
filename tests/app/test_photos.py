"""Photos: any upload is handled, a small square is stored, and only the chosen audience sees it."""

import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO, RawIOBase
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from directory import files
from directory.db import write_session
from directory.errors import Invalid
from directory.people import photo as photos
from directory.people.audience import Audience
from directory.people.chapter import Chapter
from directory.people.photo import FOLDER, crop_square
from directory.people.tables import Business, Member, MemberState
from directory.profiles.member_view import set_audiences
from directory.settings import Settings
from tests.app.conftest import SignIn

GPS = 0x8825


def picture(kind: str = "JPEG", size: tuple[int, int] = (600, 400), colour: str = "red") -> bytes:
    """Return an image, left half ``colour`` and right half blue, with EXIF data: rotation and a place."""
    drawn, exif, out = Image.new("RGB", size, "blue"), Image.Exif(), BytesIO()
    drawn.paste(colour, (0, 0, size[0] // 2, size[1]))
    exif[0x0112] = 6  # rotated: the top of the scene is at the right
    exif[0x010F] = "CANARY-CAMERA"
    exif.get_ifd(GPS).update({1: "N", 2: (32.0, 13.0, 18.0)})
    drawn.save(out, kind, exif=exif)
    return out.getvalue()


def grey_png(side: int) -> bytes:
    """A square PNG of 16-bit grey with an alpha channel, for which Pillow needs most memory a pixel; a few kB."""
    return decompression_bomb(side, side, depth=16, colour=4, rows=zlib.compress(bytes((1 + 4 * side) * side)))


def decompression_bomb(
    width: int, height: int, *, depth: int = 8, colour: int = 2, rows: bytes = zlib.compress(bytes(9_000_000))
) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture
def browser(sign_in: SignIn, bea: Member) -> FlaskClient:
    return sign_in(bea)


FORM = "multipart/form-data; boundary=x"


@pytest.fixture
def send(browser: FlaskClient) -> Callable[..., TestResponse]:
    def sent(content: bytes, name: str = "me.jpg", by: FlaskClient | None = None) -> TestResponse:
        head = f'--x\r\nContent-Disposition: form-data; name="photo-photo"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + b"\r\n--x--\r\n"
        return (by or browser).post("/profile/photo", data=body, content_type=FORM)

    return sent


def stored_files(settings: Settings) -> list[Path]:
    return [path for path in (settings.home / "files").rglob("*") if path.is_file()]


def photo_of(engine: Engine, member: Member) -> str | None:
    with Session(engine) as session:
        return session.get_one(Member, member.id).photo


def test_a_photo_becomes_an_upright_square_without_metadata() -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        small = crop_square(picture(kind))
        with Image.open(BytesIO(small)) as shown:
            assert (shown.format, shown.size, dict(shown.getexif())) == ("WEBP", (512, 512), {})
            red, blue = shown.convert("RGB").getpixel((256, 40)), shown.convert("RGB").getpixel((256, 470))
        assert red[0] > 200 > 60 > red[2]
        assert blue[2] > 200 > 60 > blue[0]
        assert b"CANARY" not in small
        assert b"EXIF" not in small


def test_a_photo_is_stored_with_mode_0600_and_shown_to_members(
    send, browser: FlaskClient, client: FlaskClient, engine: Engine, settings: Settings, bea: Member
) -> None:
    assert send(picture()).location == "/profile#photo"
    (path,) = stored_files(settings)
    assert (path.name, path.stat().st_mode & 0o777) == (photo_of(engine, bea), 0o600)
    address = f"/members/{bea.public_id}/photo/{path.name}"
    assert f'src="{address}"' in browser.get("/profile").text
    answer = browser.get(address)
    assert (answer.mimetype, answer.data) == ("image/webp", path.read_bytes())
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(address).status_code == 404
    assert browser.get(f"/members/{bea.public_id}/photo/{'0' * 64}").status_code == 404


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "This photo cannot be read"),
        (b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", "This photo cannot be read"),
        (b"Bea", "This photo cannot be read"),
        (b"", "This photo cannot be read"),
        (b"%PDF-1.7 " + picture(), "This photo cannot be read"),
        (picture()[:200], "This photo cannot be read"),
        (decompression_bomb(60_000, 60_000), "This photo cannot be read"),
        (decompression_bomb(9_000, 9_000), "too many pixels"),
        (grey_png(4_200), "too many pixels"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "Send it as JPEG"),
    ],
)
def test_a_file_that_is_not_a_photo_is_refused_with_a_message(
    send, engine: Engine, settings: Settings, bea: Member, content: bytes, sentence: str
) -> None:
    answer = send(content)
    assert answer.status_code == 422
    assert sentence in answer.text.split('id="photo-photo-wrong"')[1]
    assert (stored_files(settings), photo_of(engine, bea)) == ([], None)


def test_data_appended_to_a_photo_is_dropped(send, settings: Settings) -> None:
    send(picture() + b"PK\x03\x04<script>alert(1)</script>")
    assert b"script" not in stored_files(settings)[0].read_bytes()


def test_a_photo_may_have_twelve_megabytes_and_other_forms_less(send, browser: FlaskClient) -> None:
    assert send(picture() + bytes(11_000_000)).status_code == 303
    assert send(picture() + bytes(12_000_000)).status_code == 422
    back = {"Referer": "http://localhost/profile"}
    elsewhere = browser.post("/profile/person", data=bytes(6_000_000), content_type=FORM, headers=back)
    assert '<a class="btn btn-primary" href="/profile">' in elsewhere.text
    assert (elsewhere.status_code, "half a megabyte" in elsewhere.text) == (413, True)


class Endless(RawIOBase):
    """An endless request body that counts the bytes read."""

    taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, room: memoryview) -> int:  # type: ignore[override]
        self.taken += len(room)
        return len(room)


SEVERAL_AT_ONCE = """
import resource, sys
from concurrent.futures import ThreadPoolExecutor
from directory.people.photo import crop_square
content = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with ThreadPoolExecutor(4) as threads:
    list(threads.map(crop_square, [content] * 4))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_several_large_photos_at_once_take_the_memory_of_one() -> None:
    command = [sys.executable, "-c", SEVERAL_AT_ONCE]
    kilobytes = int(subprocess.run(command, input=grey_png(4_000), capture_output=True, check=True).stdout)
    assert kilobytes < 400_000


def test_a_photo_does_not_wait_for_others_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "WAIT", 0.01)
    with photos._decoder, pytest.raises(Invalid, match="again in a minute"):
        crop_square(picture())
    assert crop_square(picture())


@pytest.mark.parametrize("has_length", [True, False])
def test_an_upload_of_100_megabytes_is_refused_before_it_is_read(browser: FlaskClient, has_length: bool) -> None:
    body = Endless()
    builder = EnvironBuilder(path="/profile/photo", method="POST", content_type=FORM)
    environ = builder.get_environ()
    environ["wsgi.input"] = body
    del environ["CONTENT_LENGTH"]
    environ |= {"CONTENT_LENGTH": "100000000"} if has_length else {"wsgi.input_terminated": True}
    environ["HTTP_COOKIE"] = "; ".join(f"{each.key}={each.value}" for each in browser._cookies.values())
    chunks, status, _headers = run_wsgi_app(browser.application, environ, buffered=True)
    assert (status[:3], b"12 MB" in b"".join(chunks)) == ("413", True)
    assert body.taken < 13_000_000


def test_a_replaced_photo_is_deleted_unless_another_member_uses_it(
    send, sign_in: SignIn, session: Session, engine: Engine, settings: Settings, bea: Member, now: datetime
) -> None:
    other = Member(name="Bob Peña", business=bea.business, joined_at=now)
    session.add(other)
    session.commit()
    bob = sign_in(other)
    send(picture())
    send(picture(), by=bob)
    first = photo_of(engine, bea)
    assert photo_of(engine, other) == first
    send(picture(colour="green"))
    assert {path.name for path in stored_files(settings)} == {first, photo_of(engine, bea)}
    send(picture(colour="green"), by=bob)
    assert [path.name for path in stored_files(settings)] == [photo_of(engine, bea)]
    send(picture(colour="green"))
    assert len(stored_files(settings)) == 1


def test_removing_a_photo_can_be_undone_for_a_day(
    send, browser: FlaskClient, engine: Engine, settings: Settings, bea: Member, now: datetime
) -> None:
    send(picture())
    digest = photo_of(engine, bea)
    page = browser.post("/profile/photo/remove", follow_redirects=True).text
    assert photo_of(engine, bea) is None
    assert browser.get(f"/members/{bea.public_id}/photo/{digest}").status_code == 404
    assert 'action="/profile/photo/restore"' in page
    browser.post("/profile/photo/restore")
    assert photo_of(engine, bea) == digest
    browser.post("/profile/photo/remove")
    with write_session(engine) as session:
        assert photos.delete_unused_photos(session, home=settings.home, now=datetime.now(now.tzinfo)) == 0
        later = datetime.now(now.tzinfo) + timedelta(days=2)
        assert photos.delete_unused_photos(session, home=settings.home, now=later) == 1
    browser.post("/profile/photo/restore")
    assert photo_of(engine, bea) is None


def test_a_photo_is_visible_to_its_audience_only(
    send, sign_in: SignIn, client: FlaskClient, session: Session, engine: Engine, bea: Member, now: datetime
) -> None:
    chapters = [Chapter(key=name, name=name) for name in ("tucson", "phoenix")]
    near, far, waiting = (
        Member(name=name, business=Business(name=name, chapter=chapter, created_at=now), joined_at=now, state=state)
        for name, chapter, state in (
            ("Ned", chapters[0], MemberState.ACTIVE),
            ("Fay", chapters[1], MemberState.ACTIVE),
            ("Wes", chapters[0], MemberState.PENDING),
        )
    )
    session.add_all([near, far, waiting])
    session.get_one(Business, bea.business_id).chapter = chapters[0]
    session.commit()
    people = {"near": sign_in(near), "far": sign_in(far), "waiting": sign_in(waiting), "web": client}
    send(picture())
    address = f"/members/{bea.public_id}/photo/{photo_of(engine, bea)}"
    for audience, is_public, seers in (
        (Audience.PUBLIC, True, {"near", "far", "web", "waiting"}),
        (Audience.PUBLIC, False, {"near", "far"}),
        (Audience.MEMBERS, True, {"near", "far"}),
        (Audience.CHAPTER, True, {"near"}),
        (Audience.NOBODY, True, set()),
    ):
        with write_session(engine) as rows:
            member = rows.get_one(Member, bea.id)
            member.public_at = now if is_public else None
            set_audiences(rows, member=member, audiences={"photo": audience.value}, now=now)
        assert {who for who, each in people.items() if each.get(address).status_code == 200} == seers, audience
        listed = {who for who in ("near", "far") if address in people[who].get("/members").text}
        assert listed == seers & {"near", "far"}
        assert (address in people["far"].get(f"/members/{bea.public_id}").text) == ("far" in seers)


def test_a_stored_file_is_read_by_its_exact_hash_only(tmp_path: Path) -> None:
    digest = files.store_file(tmp_path, FOLDER, b"x")
    assert files.read_file(tmp_path, FOLDER, digest) == b"x"
    for wrong in ("../../secret_key", digest.upper(), digest[:-1], ""):
        with pytest.raises(FileNotFoundError):
            files.read_file(tmp_path, FOLDER, wrong)
    files.delete_file(tmp_path, FOLDER, digest)
    assert not files.is_stored(tmp_path, FOLDER, digest)
