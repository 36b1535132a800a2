"""P23: in whatever spelling a server repeats our credentials, nobody gets to see them."""

import html
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from html.entities import html5
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdjira.adapters.http.messages import Answer, without_credentials

USER = "sync-svc"
NAMES = {text: name for name, text in html5.items() if name.endswith(";")}

Spell = Callable[[str, Callable[[], bool]], str]
"""A text in another spelling; what may be spelled in two ways asks which."""


def in_json(text: str, other: Callable[[], bool]) -> str:
    """With JSON's escapes, of single characters or of all, in either case of their digits."""

    def one(character: str) -> str:
        units = character.encode("utf-16-be", "surrogatepass")
        codes = [units[at : at + 2].hex() for at in range(0, len(units), 2)]
        short = json.dumps(character, ensure_ascii=False)[1:-1]
        long = "".join(f"\\u{code.upper() if other() else code}" for code in codes)
        return long if other() else "\\/" if character == "/" and other() else short

    return "".join(map(one, text))


def in_json_twice(text: str, other: Callable[[], bool]) -> str:
    """As JSON that stands as a text in JSON."""
    return json.dumps(in_json(text, other))[1:-1]


def in_a_url(text: str, other: Callable[[], bool]) -> str:
    """With the escapes of URLs, of what needs them or of all, + for blanks or not."""

    def one(character: str) -> str:
        escaped = "".join(f"%{byte:02x}" for byte in character.encode("utf-8"))
        by_rule = quote_plus(character) if other() else quote(character, safe="")
        spelled = escaped if other() else by_rule
        return spelled.upper() if other() and spelled.startswith("%") else spelled

    return "".join(map(one, text))


def in_a_page(text: str, other: Callable[[], bool]) -> str:
    """With HTML's references: decimal, hexadecimal, named."""

    def one(character: str) -> str:
        code = ord(character)
        number = f"&#{code};" if other() else f"&#x{code:x};"
        digits = number.upper().replace("&#X", "&#x") if other() else number
        name = f"&{NAMES[character]}" if character in NAMES else digits
        return (name if other() else digits) if other() else html.escape(character)

    return "".join(map(one, text))


def as_it_is(text: str, other: Callable[[], bool]) -> str:  # noqa: ARG001 - one spelling only
    return text


SPELLINGS: tuple[Spell, ...] = (as_it_is, in_json, in_json_twice, in_a_url, in_a_page)


def headers_of(secret: str) -> dict[str, tuple[str, list[str]]]:
    """Each way to sign in: its header, and what of it could come back."""
    pair = f"{USER}:{secret}".encode()
    encoded = [encode(pair).decode() for encode in (b64encode, urlsafe_b64encode)]
    return {
        "basic": (
            f"Basic {encoded[0]}",
            [secret, pair.decode(), *encoded, *(one.rstrip("=") for one in encoded)],
        ),
        "pat": (f"Bearer {secret}", [secret]),
        "pagerduty": (f"Token token={secret}", [secret]),
    }


def shown(repeated: str, authorization: str) -> str:
    """What is left of a refusal that says so."""
    body = json.dumps({"errorMessages": [f"Bad request: {repeated} :end"]}).encode()
    answer = Answer(status=400, headers={"X-Echo": repeated}, body=body)
    scrubbed = without_credentials(answer, authorization)
    return message_of(scrubbed)


def message_of(answer: Answer) -> str:
    """The one message of an error in Jira's shape."""
    messages = answer.object()["errorMessages"]
    assert isinstance(messages, list)
    (message,) = messages
    return str(message)


PASSWORDS = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x1F600, exclude_categories=["Cs", "Cc"]),
    min_size=8,
    max_size=24,
).filter(lambda text: len(text.strip()) >= 8 and text.strip().casefold() not in "errormessages")
"""None that is part of the key by which the message is read here."""


@given(
    secret=PASSWORDS,
    way=st.sampled_from(["basic", "pat", "pagerduty"]),
    spellings=st.lists(st.sampled_from(SPELLINGS), max_size=3),
    data=st.data(),
)
def test_p23_no_spelling_of_a_credential_gets_through(
    secret: str, way: str, spellings: list[Spell], data: st.DataObject
) -> None:
    """In up to two layers any character may be escaped or not, in three each has one rule."""
    authorization, forms = headers_of(secret)[way]
    repeated = data.draw(st.sampled_from(forms))
    chance = data.draw(st.randoms(use_true_random=False))
    for spell in spellings:
        rate = 0.5 if len(spellings) < 3 else data.draw(st.sampled_from([0.0, 1.0]))
        repeated = spell(repeated, lambda rate=rate: chance.random() < rate)  # type: ignore[misc]

    message = shown(repeated, authorization)

    assert "***" in message
    assert repeated.strip() not in message


def test_p23_half_of_a_reference_that_stands_in_a_deeper_escape_hides_no_credential() -> None:
    secret = "0Ğ0000000"
    repeated = r"0&#28\\u0036\\u003b0000000"

    assert "***" in shown(repeated, f"Bearer {secret}")


SECRET = "Gk=9+/&x?Zoë s3cret"
AUTHORIZATION, FORMS = headers_of(SECRET)["basic"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "escape",
    [
        lambda text: "".join(f"\\u{ord(one):04x}" for one in text),
        lambda text: "".join(f"\\u{ord(one):04X}" for one in text),
        lambda text: "".join(f"\\\\u{ord(one):04x}" for one in text),
        lambda text: text.replace("=", "\\u003d").replace("+", "\\u002B").replace("&", "\\u0026"),
    ],
)
def test_p23_the_escapes_of_json_hide_no_credential(
    form: str, escape: Callable[[str], str]
) -> None:
    body = f'{{"errorMessages": ["Authorization: Basic {escape(form)}"]}}'.encode()

    scrubbed = without_credentials(Answer(status=400, headers={}, body=body), AUTHORIZATION)

    assert message_of(scrubbed).rstrip("=") == "Authorization: Basic ***"


@pytest.mark.parametrize(
    "body",
    [
        '{"errorMessages": ["A title with 100 % \\\\o/ &amp; %41"]}',
        '{"message": 12345678, "status-code": 401.5, "errors": [null, true, {"a": "b"}]}',
        '{"error": {"message": "Invalid Input Provided", "code": 2001}}',
    ],
)
def test_what_holds_no_credential_comes_as_the_server_wrote_it(body: str) -> None:
    answer = Answer(status=400, headers={"Retry-After": "5"}, body=body.encode())

    scrubbed = without_credentials(answer, AUTHORIZATION)

    assert scrubbed.json() == json.loads(body)
    assert dict(scrubbed.headers) == {"Retry-After": "5"}


def test_p23_a_password_of_digits_is_hidden_where_json_has_a_number() -> None:
    authorization, _ = headers_of("83920175")["pat"]
    body = b'{"errorMessages": [83920175, [83920175.0], {"83920175": 1}]}'

    scrubbed = without_credentials(Answer(status=400, headers={}, body=body), authorization)

    assert scrubbed.object() == {"errorMessages": ["***", ["***"], {"***": 1}]}


def test_p23_more_layers_than_anybody_writes_are_hidden_whole() -> None:
    repeated = SECRET
    for _ in range(12):
        repeated = quote(repeated, safe="").replace("%", "%25")

    assert shown(repeated, AUTHORIZATION) == "***"


@pytest.mark.parametrize("body", [b"[" * 100_000, b"\xff\xfe{", b'{"a": "'])
def test_a_body_that_cannot_be_parsed_is_scrubbed_as_a_text(body: bytes) -> None:
    repeated = body + b" " + quote(SECRET).encode()

    scrubbed = without_credentials(Answer(status=500, headers={}, body=repeated), AUTHORIZATION)

    assert b"s3cret" not in scrubbed.body


@pytest.mark.parametrize(
    "spell",
    [
        "\u200b".join,
        "\u00ad".join,
        "\0".join,
        lambda text: "\r\n ".join([text[:14], text[14:]]),
        lambda text: ", ".join(map(repr, text)),
        lambda text: text.replace("=", "=3D"),
        lambda text: "".join(f"&#{ord(one)}" for one in text),
        lambda text: "".join(f"\\u{{{ord(one):x}}}" for one in text),
        lambda text: text[:-5] + "…",
        lambda text: "…" + text[5:],
        lambda text: text.encode().hex(),
        lambda text: b64encode(text.encode()).decode(),
        lambda text: b64encode(b"B:" + text.encode()).decode(),
    ],
)
def test_p23_a_credential_cut_short_wrapped_or_encoded_once_more_does_not_get_through(
    spell: Callable[[str], str],
) -> None:
    """What is told of it loses its invisible characters and line breaks, and is readable then."""
    token = "NjUyMTY3ODkw+TIzOq8xPz4v_bcDEFghi="

    told = shown(spell(token), f"Bearer {token}")

    left = told.removeprefix("Bad request: ").removesuffix(" :end")
    assert left.count("***") == 1
    assert sum(map(str.isalnum, left)) < 8


def test_the_name_of_our_account_is_no_secret() -> None:
    credentials = b64encode(b"jira-integration-bot:hunter2-horse-battery").decode()
    says = "jira-integration-bot may not; jira-integration-bot:hunter2-horse-bat"

    assert shown(says, f"Basic {credentials}") == (
        "Bad request: jira-integration-bot may not; jira-integration-bot:*** :end"
    )


def test_a_refusal_of_endless_length_is_not_searched_for_hours() -> None:
    body = json.dumps({"errorMessages": [f"Basic {SECRET}"] * 100_000}).encode()

    scrubbed = without_credentials(Answer(status=400, headers={}, body=body), AUTHORIZATION)

    assert len(scrubbed.body) < 10_000
    assert b"s3cret" not in scrubbed.body
