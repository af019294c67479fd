"""Post cards: one member who consents to be named, a code only with a public page, and an alternative text."""

import os
from datetime import timedelta
from hashlib import sha256
from io import BytesIO

from PIL import Image

from directory import files
from directory.outbox.post_snapshot import FOLDER, PostSnapshot
from directory.settings import Settings
from directory.week.mention_choice import mentions_of
from directory.week.post import compose, freeze
from directory.week.post_card import SIZE, card_of, delete_unused_cards
from tests.chapterhouse import Chapterhouse

BASE = "https://goodword.example"


def test_the_post_is_frozen_with_its_card_and_alternative_text(mesa: Chapterhouse, settings: Settings) -> None:
    mesa.channel.kind, mesa.bo.spotlight_at = "mastodon", mesa.now
    mesa.asks(mesa.bo)
    turn = mesa.turn()
    (sent,) = freeze(mesa.session, occurrence=turn, now=turn.due_at, settings=settings)
    frozen = PostSnapshot.from_bytes(sent.payload)
    png = files.read_file(settings.home, FOLDER, frozen.image)
    assert sha256(png).hexdigest() == frozen.image
    with Image.open(BytesIO(png)) as picture:
        assert picture.size == SIZE
    assert frozen.alt == "Mesa: Bo Carver of Bo & Co. Wanted: Owners of old theaters."


def test_a_channel_without_pictures_gets_no_card(mesa: Chapterhouse, settings: Settings) -> None:
    mesa.bo.spotlight_at = mesa.now
    turn = mesa.turn()
    (sent,) = freeze(mesa.session, occurrence=turn, now=turn.due_at, settings=settings)
    assert PostSnapshot.from_bytes(sent.payload).image == ""


def test_a_card_needs_consent_and_its_code_a_public_page(mesa: Chapterhouse) -> None:
    mesa.asks(mesa.bo)
    turn = mesa.turn()
    compose(mesa.session, occurrence=turn, now=mesa.now)
    (mention,) = mentions_of(mesa.session, occurrence=turn)
    assert card_of([mention], BASE) is None
    mesa.bo.spotlight_at = mesa.now
    plain = card_of([mention], BASE)
    mesa.bo.public_at = mesa.now
    coded = card_of([mention], BASE)
    assert plain
    assert coded
    assert plain.png != coded.png
    assert mesa.bo.public_id not in plain.alt
    assert coded.alt.endswith(f"The code leads to {BASE}/people/{mesa.bo.public_id}")
    assert coded == card_of([mention], BASE)


def test_a_missing_glyph_prevents_the_card_and_long_words_do_not(mesa: Chapterhouse) -> None:
    mesa.bo.spotlight_at = mesa.now
    mesa.bo.headline = "W" * 300
    turn = mesa.turn()
    compose(mesa.session, occurrence=turn, now=mesa.now)
    (mention,) = mentions_of(mesa.session, occurrence=turn)
    assert card_of([mention], BASE)
    mesa.bo.name = "渡辺 のの"
    assert card_of([mention], BASE) is None


def test_a_picture_is_deleted_when_no_recent_post_uses_it(mesa: Chapterhouse, settings: Settings) -> None:
    mesa.channel.kind, mesa.bo.spotlight_at = "mastodon", mesa.now
    turn = mesa.turn()
    (sent,) = freeze(mesa.session, occurrence=turn, now=turn.due_at, settings=settings)
    image = PostSnapshot.from_bytes(sent.payload).image
    path = settings.home / "files" / FOLDER / image[:2] / image
    rested = turn.due_at - timedelta(days=2)
    os.utime(path, (rested.timestamp(), rested.timestamp()))
    assert delete_unused_cards(mesa.session, home=settings.home, now=turn.due_at) == 0
    sent.payload = b""  # as erasure leaves it
    assert delete_unused_cards(mesa.session, home=settings.home, now=turn.due_at) == 1
    assert not path.exists()
