"""Tokens: what they look like, what is refused, and that nothing of them can be guessed or changed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.tokens import (
    TOKEN_CHARACTERS_MAX,
    PageSession,
    TokenKind,
    derived_secret,
    digest,
    opened,
    same,
    signed,
    token_of,
    well_formed,
)

SECRETS = st.binary(min_size=32, max_size=32)
KEY = bytes(range(32))
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SESSION = PageSession(UUID(int=7), NOW + timedelta(hours=1))


@given(SECRETS, st.sampled_from(TokenKind))
def test_every_secret_makes_a_well_formed_token_of_its_own_kind_only(secret: bytes, kind: TokenKind) -> None:
    token = token_of(kind, secret)
    assert len(token) <= TOKEN_CHARACTERS_MAX
    assert [each for each in TokenKind if well_formed(token, each)] == [kind]


@given(SECRETS, SECRETS)
def test_different_secrets_make_different_tokens_and_digests(one: bytes, other: bytes) -> None:
    tokens = {token_of(TokenKind.API_KEY, one), token_of(TokenKind.API_KEY, other)}
    assert len(tokens) == len({one, other}) == len({digest(token) for token in tokens})


@given(SECRETS, st.data())
def test_one_changed_character_breaks_the_checksum(secret: bytes, data: st.DataObject) -> None:
    token = token_of(TokenKind.API_KEY, secret)
    place = data.draw(st.integers(len("steelyard_key_"), len(token) - 1))
    character = data.draw(st.sampled_from("09AZaz").filter(lambda c: c != token[place]))
    assert not well_formed(token[:place] + character + token[place + 1 :], TokenKind.API_KEY)


@pytest.mark.parametrize(
    "text", ["", "steelyard_key_", "x" * 63, "steelyard_key_" + "é" * 49, "steelyard_key_" + "-" * 49]
)
def test_anything_else_is_no_token(text: str) -> None:
    assert not well_formed(text, TokenKind.API_KEY)


def test_equality_is_of_content() -> None:
    assert same(b"abc", b"abc")
    assert not same(b"abc", b"abd")


def test_a_derived_secret_repeats_for_its_key_and_nonce_only() -> None:
    assert derived_secret(KEY, b"n" * 16) == derived_secret(KEY, b"n" * 16)
    assert derived_secret(KEY, b"n" * 16) != derived_secret(KEY, b"m" * 16)
    assert derived_secret(KEY, b"n" * 16) != derived_secret(KEY[::-1], b"n" * 16)
    assert len(derived_secret(KEY, b"n")) == 32


def test_a_session_opens_with_its_key_until_it_expires() -> None:
    text = signed(SESSION, KEY)
    assert opened(text, KEY, NOW) == SESSION
    assert opened(text, KEY, SESSION.expires_at) is None
    assert opened(text, KEY[::-1], NOW) is None


def test_no_session_opens_after_any_bit_of_it_changed() -> None:
    text = signed(SESSION, KEY)
    for place in range(len(text)):
        for character in "Aa0_":
            if text[place] != character:
                changed = text[:place] + character + text[place + 1 :]
                assert opened(changed, KEY, NOW) in (None, SESSION)
                assert opened(changed, KEY, NOW) is None or place == len(text) - 1


@given(st.text(max_size=220))
def test_no_other_text_opens_a_session(text: str) -> None:
    assert opened(text, KEY, NOW) is None
