"""Faces: draws the portraits of the demo network's people, none of whom is real."""

import tomllib
from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from random import Random

from PIL import Image, ImageDraw

from directory import files
from directory.people import photo
from directory.people.tables import Member

NETWORK = Path(__file__).with_name("network.toml")

SIDE = 512  # pixels of the result; it is drawn at twice that and made smaller, which smooths its edges
SKIN = ("#F6D7C3", "#EBBE9F", "#D79F78", "#B17A52", "#7F5436")  # by tone, 1 to 5
WALLS = ("#DCE7E2", "#E9DFD0", "#D9E0EA", "#EBD9D2", "#E3E0EC", "#E4E8D6")
CLOTHES = ("#0F5C4D", "#A34710", "#33415C", "#7A4B6A", "#5B6274", "#8A6D3B", "#2F6690", "#6B7F5E")
DARK_HAIR, HAIR, GREY_HAIR = ("#1F1A17", "#2B211C", "#33261F"), ("#5A3A22", "#7A5230", "#A9743A", "#8C3F22"), "#C9C5BE"
INK = "#2A211C"
FRAME = (112, 130, 912, 930)  # head and shoulders

Box = tuple[float, float, float, float]


def give_faces(people: Mapping[str | None, Member], *, home: Path) -> None:
    """Draw the portrait of each of the people, by their keys in the network's file."""
    for entry in tomllib.loads(NETWORK.read_text(encoding="utf-8"))["member"]:
        square = photo.crop_square(draw_face(entry["key"], entry["face"]))
        people[entry["key"]].photo = files.store_file(home, photo.FOLDER, square)


def draw_face(key: str, look: str) -> bytes:
    """Return a portrait as PNG: the same for the same key and look.

    ``look`` is a skin tone of 1 to 5 and words of hair (short, crop, curls, bob, long, bun, bald), beard, glasses and
    grey, such as "3 short beard".
    """
    words, chance = look.split(), Random(sha256(key.encode()).digest())  # noqa: S311 - a picture, no secret
    tone = int(words[0])
    skin = SKIN[tone - 1]
    hair = GREY_HAIR if "grey" in words else chance.choice(DARK_HAIR if tone > 2 else (*DARK_HAIR[1:], *HAIR))
    wall, clothes = chance.choice(WALLS), chance.choice(CLOTHES)
    picture = Image.new("RGB", (2 * SIDE, 2 * SIDE), wall)
    draw = ImageDraw.Draw(picture)
    wide = chance.uniform(0.94, 1.04)  # of the head
    _hair_behind(draw, words, hair, wide)
    _body(draw, skin, clothes, chance)
    _head(draw, skin, wide)
    if "beard" in words:
        _beard(draw, hair, skin, wide)
    _features(draw, skin, hair, chance, "beard" in words)
    _hair_before(draw, words, hair, wide, chance)
    if "glasses" in words:
        _glasses(draw)
    output = BytesIO()
    picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS, box=FRAME).save(output, "PNG")
    return output.getvalue()


def _shade(colour: str, factor: float) -> str:
    return "#" + "".join(f"{min(255, round(int(colour[at : at + 2], 16) * factor)):02X}" for at in (1, 3, 5))


def _around(x: float, y: float, half_width: float, half_height: float) -> Box:
    return x - half_width, y - half_height, x + half_width, y + half_height


def _body(draw: ImageDraw.ImageDraw, skin: str, clothes: str, chance: Random) -> None:
    draw.rounded_rectangle((120, 800, 904, 1400), 230, fill=clothes)
    draw.rounded_rectangle((428, 640, 596, 860), 70, fill=_shade(skin, 0.88))
    if chance.random() < 0.5:  # an open collar, else a round neck
        draw.polygon([(412, 812), (512, 940), (612, 812)], fill=_shade(skin, 0.95))
        draw.polygon([(396, 806), (428, 800), (516, 946), (470, 964)], fill=_shade(clothes, 1.25))
        draw.polygon([(628, 806), (596, 800), (508, 946), (554, 964)], fill=_shade(clothes, 1.25))
    else:
        draw.ellipse(_around(512, 806, 108, 62), fill=_shade(skin, 0.95))


def _head(draw: ImageDraw.ImageDraw, skin: str, wide: float) -> None:
    for side in (-1, 1):
        draw.ellipse(_around(512 + side * 196 * wide, 500, 34, 52), fill=_shade(skin, 0.93))
    draw.ellipse(_around(512, 440, 196 * wide, 210), fill=skin)
    draw.ellipse(_around(512, 540, 178 * wide, 196), fill=skin)


def _features(draw: ImageDraw.ImageDraw, skin: str, hair: str, chance: Random, has_beard: bool) -> None:
    brow = _shade(hair, 0.85)
    smile = chance.uniform(0.85, 1.2)
    for side in (-1, 1):
        x = 512 + side * 78
        draw.ellipse(_around(x, 494, 15, 18), fill=INK)
        draw.ellipse(_around(x + 5, 488, 5, 5), fill="#FFFFFF")
        draw.arc(_around(x, 462, 48, 30), 205, 335, fill=brow, width=13)
        if not has_beard:
            draw.ellipse(_around(512 + side * 112, 578, 40, 26), fill=_shade(skin, 0.96))
    draw.arc(_around(512, 540, 26, 30), 20, 160, fill=_shade(skin, 0.74), width=9)
    draw.chord(_around(512, 606, 66 * smile, 46), 12, 168, fill="#FFFFFF", outline=_shade(skin, 0.55), width=7)


def _beard(draw: ImageDraw.ImageDraw, hair: str, skin: str, wide: float) -> None:
    draw.chord(_around(512, 552, 186 * wide, 198), -4, 184, fill=hair)
    draw.ellipse(_around(512, 560, 128 * wide, 62), fill=skin)
    draw.chord(_around(512, 590, 96, 40), 180, 360, fill=hair)


def _hair_behind(draw: ImageDraw.ImageDraw, words: list[str], hair: str, wide: float) -> None:
    behind = _shade(hair, 0.82)
    if "long" in words:
        draw.rounded_rectangle((512 - 250 * wide, 236, 512 + 250 * wide, 900), 230, fill=behind)
    elif "bob" in words:
        draw.rounded_rectangle((512 - 244 * wide, 236, 512 + 244 * wide, 690), 200, fill=behind)
    elif "bun" in words:
        draw.ellipse(_around(512, 196, 96, 92), fill=behind)
        draw.ellipse(_around(512, 430, 216 * wide, 226), fill=behind)
    elif "curls" in words:
        for x, y, size in ((300, 420, 96), (724, 420, 96), (316, 540, 76), (708, 540, 76), (352, 300, 110)):
            draw.ellipse(_around(512 + (x - 512) * wide, y, size, size), fill=behind)
        draw.ellipse(_around(672, 300, 110, 110), fill=behind)


def _hair_before(draw: ImageDraw.ImageDraw, words: list[str], hair: str, wide: float, chance: Random) -> None:
    left, right = 512 - 206 * wide, 512 + 206 * wide
    parted = chance.choice((-1, 1))
    if "bald" in words:
        return
    if "crop" in words:
        draw.pieslice((left, 222, right, 640), 188, 352, fill=hair)
        draw.chord((left, 222, right, 640), 204, 336, fill=hair)
        return
    if "curls" in words:
        for at in range(7):
            x, y = 512 + (at - 3) * 64 * wide, 282 - 34 * (3 - abs(at - 3)) + 40
            draw.ellipse(_around(x, y, 62, 62), fill=hair)
        return
    top = 214 if "bun" in words else 204
    draw.chord((left, top, right, 700), 200, 340, fill=hair)
    if "short" in words:  # combed to one side
        draw.ellipse(_around(512 + parted * 60, 290, 176, 84), fill=hair)
        draw.ellipse(_around(512 - parted * 120, 318, 90, 74), fill=hair)
    else:
        for side in (-1, 1):
            size = 150 if side == parted else 116
            draw.pieslice(_around(512 + side * 122 * wide, 330, size, 132), 150, 390, fill=hair)
        if "bun" not in words:
            for edge in (left, right - 44):
                draw.rounded_rectangle((edge, 330, edge + 44, 640 if "bob" in words else 780), 22, fill=hair)


def _glasses(draw: ImageDraw.ImageDraw) -> None:
    for side in (-1, 1):
        draw.ellipse(_around(512 + side * 80, 496, 60, 54), outline=INK, width=10)
    draw.arc(_around(512, 496, 22, 18), 190, 350, fill=INK, width=10)
