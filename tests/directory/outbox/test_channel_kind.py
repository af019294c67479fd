"""What is typed to connect an account is stored if it can be right, and else refused beside its field."""

import pytest

from directory.errors import Invalid
from directory.outbox.channel_kind import kind_named
from directory.outbox.channel_lifecycle import clean_fields


@pytest.mark.parametrize(
    ("kind", "field", "typed", "stored"),
    [
        ("mastodon", "address", "Mastodon.Social", "Mastodon.Social"),
        ("mastodon", "address", "@us@chaos.social", "@us@chaos.social"),
        ("bluesky", "handle", " @Network.bsky.social ", "Network.bsky.social"),
        ("bluesky", "address", "", ""),
        ("mail", "address", "all@list.example", "all@list.example"),
        ("mail", "unsubscribe", "mailto:leave@list.example", "leave@list.example"),
        ("mail", "unsubscribe", "list.example/leave?me", "https://list.example/leave?me"),
        ("kit", "address", "t.me/+AbC", "https://t.me/+AbC"),
        *(
            ("mastodon", "address", typed, None)
            for typed in ("", "mastodon", "our server", "http://a.example", "a.b:99")
        ),
        *(("bluesky", "handle", typed, None) for typed in ("network", "me@firm.example", "näh.example", "a..b")),
        *(("mail", "address", typed, None) for typed in ("list.example", "all@list", "a@b.example, c@d.example")),
        *(("mail", "unsubscribe", typed, None) for typed in ("leave", "javascript:alert(1)", "a@b.example?subject=x")),
        *(
            ("kit", "address", typed, None)
            for typed in ("our group", "javascript:alert(1)", "https://", "ftp://a.example")
        ),
        *(("x_keys", "consumer_key", typed, None) for typed in ("", "two words", "schlüssel")),
    ],
)
def test_a_field_is_checked_as_it_is_typed(kind: str, field: str, typed: str, stored: str | None) -> None:
    about = kind_named(kind)
    right = {"address": "all@list.example" if kind == "mail" else "a.example", "handle": "a.example"}
    values = {each.name: right.get(each.name, "" if each.is_optional else "key") for each in about.fields}
    if stored is None:
        with pytest.raises(Invalid) as refused:
            clean_fields(about, {**values, field: typed})
        assert refused.value.field == field
    else:
        assert clean_fields(about, {**values, field: typed})[field] == stored
