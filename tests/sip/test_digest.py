"""Digest: the RFCs' own examples, then each rule and each refusal."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sip.auth_params import AuthParam, format_auth_value, parse_auth_values
from harness.sip.authenticator import COUNT_WINDOW, MAX_NONCES, Accepted, Authenticator, NonceBook
from harness.sip.digest import (
    Challenge,
    Credentials,
    DigestError,
    Expected,
    Refusal,
    Refused,
    answer,
    choose_challenge,
    hash_username,
    is_supported,
    make_authentication_info,
    make_challenge,
    parse_challenge,
    parse_challenges,
    parse_credentials,
    verify,
)

RFC2617_CHALLENGE = (
    'Digest realm="testrealm@host.com", qop="auth,auth-int", '
    'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)
RFC7616_NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
RFC7616_OPAQUE = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
RFC7616_CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def challenge_of(text: str) -> Challenge:
    challenge = parse_challenge(text)
    assert challenge is not None
    return challenge


def credentials_of(text: str) -> Credentials:
    credentials = parse_credentials(text)
    assert credentials is not None
    return credentials


def make(realm: str = "r", nonce: str = "n", **options: Any) -> Challenge:
    return challenge_of(make_challenge(realm, nonce, **options))


# -- the examples of the RFCs ---------------------------------------------------------------


def test_client_answers_the_example_of_rfc2617_section_3_5() -> None:
    text = answer(
        challenge_of(RFC2617_CHALLENGE),
        "Mufasa",
        "Circle Of Life",
        "GET",
        "/dir/index.html",
        cnonce="0a4f113b",
    )

    credentials = credentials_of(text)
    assert credentials.response == "6629fae49393a05397450978507c4ef1"
    assert credentials.opaque == "5ccc069c403ebaf9f0171e9517f40e41"
    assert (credentials.qop, credentials.nc) == ("auth", "00000001")
    assert credentials.algorithm is None  # only what the challenge supplied is returned


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_client_answers_the_example_of_rfc7616_section_3_9_1(algorithm: str, response: str) -> None:
    challenge = make(
        realm="http-auth@example.org",
        nonce=RFC7616_NONCE,
        algorithm=algorithm,
        qop=("auth", "auth-int"),
        opaque=RFC7616_OPAQUE,
    )

    text = answer(
        challenge,
        "Mufasa",
        "Circle of Life",
        "GET",
        "/dir/index.html",
        cnonce=RFC7616_CNONCE,
    )

    assert credentials_of(text).response == response
    assert credentials_of(text).algorithm == algorithm


RFC7616_SECOND = (
    'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, '
    'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", '
    'opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true'
)


def test_client_answers_the_example_of_rfc7616_section_3_9_2_as_its_erratum_corrects_it() -> None:
    if not is_supported("SHA-512-256"):
        pytest.skip("this build of hashlib has no SHA-512/256")
    text = answer(
        challenge_of(RFC7616_SECOND),
        "J\u00e4s\u00f8n Doe",
        "Secret, or not?",
        "GET",
        "/doe.json",
        cnonce="NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
    )

    # The values printed in the RFC are those of SHA-512 cut to 256 bits, see the next test;
    # erratum 4897 has these.
    credentials = credentials_of(text)
    assert credentials.userhash
    assert credentials.username == (
        "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"
    )
    assert credentials.response == (
        "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"
    )


def test_example_of_rfc7616_section_3_9_2_as_printed_is_truncated_sha_512() -> None:
    name = "J\u00e4s\u00f8n Doe:api@example.org".encode()

    assert hashlib.sha512(name).hexdigest()[:64] == (
        "488869477bf257147b804c45308cd62ac4e25eb717b12b298c79e62dcea254ec"
    )


# -- reading and writing --------------------------------------------------------------------


def test_challenges_are_read_in_order_from_one_http_field_with_several_schemes() -> None:
    text = (
        'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple", '
        'Digest realm="a, b", nonce="1", algorithm=SHA-256 , Negotiate, '
        'Digest realm="a, b", nonce="2", qop="auth"'
    )

    assert [value.scheme for value in parse_auth_values(text)] == [
        "Newauth",
        "Basic",
        "Digest",
        "Negotiate",
        "Digest",
    ]
    assert parse_auth_values(text)[0].get("TITLE") == 'Login to "apps"'
    assert [item.nonce for item in parse_challenges(text)] == ["1", "2"]
    assert parse_challenges(text)[0].realm == "a, b"


def test_token68_is_read_where_the_scheme_uses_it() -> None:
    (value,) = parse_auth_values("Basic WDpY=")

    assert (value.scheme, value.token68, value.params) == ("Basic", "WDpY=", ())


@pytest.mark.parametrize(
    "text", ["", ",", "Digest", "Digest realm", 'Digest realm="x', "=", 'Basic realm="x"', "\x00"]
)
def test_what_is_no_digest_is_read_as_none(text: str) -> None:
    assert parse_challenge(text) is None


def test_scheme_and_parameter_names_compare_without_case() -> None:
    challenge = challenge_of('digest REALM="x",Nonce="y",STALE=TRUE,QOP=" auth , auth-int "')

    assert (challenge.realm, challenge.nonce, challenge.stale) == ("x", "y", True)
    assert challenge.qop == ("auth", "auth-int")


def test_quoting_is_written_as_the_rfc_rules_and_told_where_it_is_not() -> None:
    text = answer(
        make(algorithm="MD5", opaque="o"), "u", "p", "REGISTER", "sip:example.com", cnonce="c"
    )

    quoted = {param.name for param in credentials_of(text).value.params if param.quoted}
    assert quoted == {"username", "realm", "nonce", "uri", "response", "cnonce", "opaque"}
    assert credentials_of(text).misquoted == ()
    wrong = credentials_of('Digest username=u, qop="auth", nc="00000001", realm="r", x="1"')
    assert wrong.misquoted == ("username", "qop", "nc")
    assert challenge_of('Digest realm="r", nonce=n, algorithm="MD5"').misquoted == (
        "nonce",
        "algorithm",
    )
    assert challenge_of(make_challenge("r", "n", stale=True)).misquoted == ()


def test_username_star_is_decoded() -> None:
    credentials = credentials_of("Digest username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, realm=\"x\"")

    assert credentials.username == "J\u00e4s\u00f8n Doe"


def test_backslash_and_quote_survive_in_a_username() -> None:
    text = answer(make(), 'dom\\u"x', "p", "GET", "/", cnonce="c")

    credentials = credentials_of(text)
    assert credentials.username == 'dom\\u"x'
    assert verify(credentials, Expected("r"), 'dom\\u"x', "p", "GET") is None


names = st.from_regex(r"\A[a-z][a-z0-9-]{0,8}\Z")
quoted_params = st.builds(AuthParam, names, st.text(max_size=20), st.just(True))
plain_params = st.builds(
    AuthParam, names, st.from_regex(r"\A[a-zA-Z0-9/.:;-]{1,12}\Z"), st.just(False)
)


@given(st.lists(st.one_of(quoted_params, plain_params), min_size=1, max_size=8))
def test_parameters_survive_writing_and_reading(params: list[AuthParam]) -> None:
    (value,) = parse_auth_values(format_auth_value("Digest", params))

    assert list(value.params) == params


@given(st.text())
def test_reading_never_raises(text: str) -> None:
    parse_auth_values(text)
    parse_challenges(text, f"Digest {text}")
    parse_credentials(f"Digest {text}")


# -- answering ------------------------------------------------------------------------------


def test_client_sends_neither_cnonce_nor_nc_to_a_challenge_without_qop() -> None:
    text = answer(make(qop=()), "u", "p", "REGISTER", "sip:example.com", cnonce="c")

    credentials = credentials_of(text)
    assert (credentials.qop, credentials.nc, credentials.cnonce) == (None, None, None)
    a1 = hashlib.md5(b"u:r:p").hexdigest()
    a2 = hashlib.md5(b"REGISTER:sip:example.com").hexdigest()
    assert credentials.response == hashlib.md5(f"{a1}:n:{a2}".encode()).hexdigest()


def test_client_counts_nc_in_hexadecimal() -> None:
    text = answer(make(), "u", "p", "GET", "/", nc=26, cnonce="c")

    assert credentials_of(text).nc == "0000001a"
    assert credentials_of(text).nonce_count == 26


def test_client_prefers_auth_and_takes_auth_int_where_only_that_is_offered() -> None:
    both = answer(make(qop=("auth-int", "auth")), "u", "p", "PUT", "/", b"body", cnonce="c")
    only = answer(make(qop=("x", "auth-int")), "u", "p", "PUT", "/", b"body", cnonce="c")

    assert credentials_of(both).qop == "auth"
    assert credentials_of(only).qop == "auth-int"
    expected = Expected("r", qop=("auth-int",))
    assert verify(credentials_of(only), expected, "u", "p", "PUT", b"body") is None
    refused = verify(credentials_of(only), expected, "u", "p", "PUT", b"another")
    assert refused is not None
    assert refused.reason is Refusal.RESPONSE_MISMATCH


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"algorithm": "AKAv7-FOO"}, "algorithm AKAv7-FOO"),
        ({"qop": ("conf",)}, "qop values conf"),
        ({"qop": (), "algorithm": "MD5-sess"}, "needs a qop"),
    ],
)
def test_client_gives_up_a_challenge_that_it_cannot_answer(
    options: dict[str, Any], why: str
) -> None:
    challenge = make(**options)

    assert choose_challenge([challenge]) is None
    with pytest.raises(DigestError, match=why):
        answer(challenge, "u", "p", "GET", "/", cnonce="c")


def test_client_refuses_to_answer_qop_without_cnonce() -> None:
    with pytest.raises(DigestError, match="cnonce"):
        answer(make(), "u", "p", "GET", "/")


def test_client_takes_the_topmost_challenge_that_it_supports() -> None:
    challenges = [make(algorithm=name) for name in ("SHA-9", "SHA-256", "MD5")]

    assert choose_challenge(challenges) is challenges[1]


def test_password_may_be_octets() -> None:
    text = answer(make(), "u", b"\xff\x00\xfe", "REGISTER", "sip:x", cnonce="c")

    assert verify(credentials_of(text), Expected("r"), "u", b"\xff\x00\xfe", "REGISTER") is None


def test_authentication_info_proves_the_server_knows_the_password() -> None:
    credentials = credentials_of(answer(make(), "u", "p", "GET", "/x", cnonce="c"))

    text = make_authentication_info(credentials, "u", "p", nextnonce="n2")

    a1 = hashlib.md5(b"u:r:p").hexdigest()
    a2 = hashlib.md5(b":/x").hexdigest()
    rspauth = hashlib.md5(f"{a1}:n:00000001:c:auth:{a2}".encode()).hexdigest()
    assert text == f'nextnonce="n2", qop=auth, rspauth="{rspauth}", cnonce="c", nc=00000001'


# -- verifying ------------------------------------------------------------------------------

ALGORITHMS = [
    name + variant
    for name, variant in itertools.product(("MD5", "SHA-256", "SHA-512-256"), ("", "-sess"))
    if is_supported(name)
]


@pytest.mark.parametrize("qop", ["auth", "auth-int"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_server_accepts_what_the_client_answers(algorithm: str, qop: str) -> None:
    challenge = make(algorithm=algorithm, qop=(qop,))
    text = answer(challenge, "u", "p", "PUBLISH", "sip:a@b", b"<x/>", nc=3, cnonce="c")

    expected = Expected("r", algorithms=(algorithm,), qop=(qop,), uri="sip:a@b")
    assert verify(credentials_of(text), expected, "u", "p", "PUBLISH", b"<x/>") is None
    wrong = verify(credentials_of(text), expected, "u", "q", "PUBLISH", b"<x/>")
    assert wrong == Refused(Refusal.RESPONSE_MISMATCH, observed=credentials_of(text).response or "")


@pytest.mark.parametrize("cnonce", ["first", "second"])
def test_server_accepts_a_session_key_of_the_first_or_of_the_current_cnonce(cnonce: str) -> None:
    a1 = hashlib.md5(b"u:r:p").hexdigest()
    key = hashlib.md5(f"{a1}:n:{cnonce}".encode()).hexdigest()
    a2 = hashlib.md5(b"GET:/").hexdigest()
    response = hashlib.md5(f"{key}:n:00000002:second:auth:{a2}".encode()).hexdigest()
    text = (
        f'Digest username="u", realm="r", nonce="n", uri="/", response="{response}", '
        'algorithm=MD5-sess, cnonce="second", qop=auth, nc=00000002'
    )

    expected = Expected("r", algorithms=("MD5-sess",), session_cnonce="first")
    assert verify(credentials_of(text), expected, "u", "p", "GET") is None


GOOD = answer(make(opaque="o"), "u", "p", "GET", "/", cnonce="c")


@pytest.mark.parametrize(
    ("written", "instead", "reason"),
    [
        ('username="u", ', "", Refusal.MISSING_PARAMETER),
        (', cnonce="c"', "", Refusal.MISSING_PARAMETER),
        ("nc=00000001", "nc=1", Refusal.MISSING_PARAMETER),
        ("algorithm=MD5", "algorithm=SHA-256", Refusal.UNSUPPORTED_ALGORITHM),
        ("algorithm=MD5", "algorithm=MD6", Refusal.UNSUPPORTED_ALGORITHM),
        ("qop=auth", "qop=auth-int", Refusal.UNSUPPORTED_QOP),
        ('realm="r"', 'realm="s"', Refusal.WRONG_REALM),
        ('uri="/"', 'uri="/x"', Refusal.WRONG_URI),
        ('opaque="o"', 'opaque="p"', Refusal.WRONG_OPAQUE),
        ("nc=00000001", "nc=00000002", Refusal.RESPONSE_MISMATCH),
    ],
)
def test_server_says_why_it_refuses(written: str, instead: str, reason: Refusal) -> None:
    assert written in GOOD
    expected = Expected("r", uri="/", opaque="o")

    assert verify(credentials_of(GOOD), expected, "u", "p", "GET") is None
    refused = verify(credentials_of(GOOD.replace(written, instead)), expected, "u", "p", "GET")

    assert refused is not None
    assert refused.reason is reason
    assert not refused.is_stale


def test_uri_parameter_may_differ_where_the_server_leaves_it_open() -> None:
    text = answer(make(), "u", "p", "REGISTER", "sip:other.example", cnonce="c")

    assert verify(credentials_of(text), Expected("r"), "u", "p", "REGISTER") is None


# -- nonces ---------------------------------------------------------------------------------


def make_book(lifetime: float = 60.0) -> NonceBook:
    numbers = itertools.count(1)
    return NonceBook(lambda: f"nonce{next(numbers)}", lifetime)


def test_nonce_is_good_until_its_lifetime_has_passed() -> None:
    book = make_book(lifetime=60.0)
    nonce = book.issue(now=100.0)

    assert book.use(nonce, 1, "c", now=159.9) is None
    assert book.use(nonce, 2, "c", now=160.0) is Refusal.STALE_NONCE
    assert book.use("other", 1, "c", now=100.0) is Refusal.UNKNOWN_NONCE


def test_nonce_count_may_have_gaps_and_come_late_but_not_twice() -> None:
    book = make_book()
    nonce = book.issue(now=0.0)

    assert [book.use(nonce, count, "c", 1.0) for count in (1, 5, 3)] == [None, None, None]
    assert [book.use(nonce, count, "c", 1.0) for count in (1, 5, 3)] == [Refusal.NC_REPLAYED] * 3
    assert book.session_cnonce(nonce) == "c"


def test_nonce_counts_are_bounded_and_old_ones_stay_refused() -> None:
    book = make_book()
    nonce = book.issue(now=0.0)
    for count in range(1, 4 * COUNT_WINDOW):
        assert book.use(nonce, count, "c", 1.0) is None

    for count in (1, COUNT_WINDOW, 4 * COUNT_WINDOW - 1):
        assert book.use(nonce, count, "c", 1.0) is Refusal.NC_REPLAYED


def test_book_forgets_the_oldest_nonce_when_full() -> None:
    book = make_book()
    first = book.issue(now=0.0)
    second = book.issue(now=0.0)
    for _ in range(MAX_NONCES - 1):
        book.issue(now=0.0)

    assert len(book) == MAX_NONCES
    assert book.use(first, 1, "c", 1.0) is Refusal.UNKNOWN_NONCE
    assert book.use(second, 1, "c", 1.0) is None


# -- a whole realm --------------------------------------------------------------------------


def make_authenticator(**options: Any) -> Authenticator:
    passwords = {"u": "p"}
    expected = Expected("r", **options)
    return Authenticator(make_book(), passwords.get, expected)


def test_realm_challenges_and_accepts_the_answer_once() -> None:
    realm = make_authenticator(algorithms=("SHA-256", "MD5"))
    challenges = parse_challenges(*realm.challenges(now=0.0))
    assert [item.algorithm for item in challenges] == ["SHA-256", "MD5"]

    text = answer(challenges[1], "u", "p", "REGISTER", "sip:r", cnonce="c")
    foreign = answer(make(realm="elsewhere"), "u", "x", "REGISTER", "sip:r", cnonce="c")

    accepted = realm.authenticate([foreign, text], "REGISTER", b"", now=1.0)
    assert isinstance(accepted, Accepted)
    assert accepted.username == "u"
    replayed = realm.authenticate([text], "REGISTER", b"", now=1.0)
    assert isinstance(replayed, Refused)
    assert replayed.reason is Refusal.NC_REPLAYED


def test_realm_finds_the_real_credentials_beside_a_placeholder() -> None:
    realm = make_authenticator()
    (challenge,) = parse_challenges(*realm.challenges(now=0.0))
    placeholder = 'Digest username="u", realm="r", nonce="", uri="sip:r", response=""'
    text = answer(challenge, "u", "p", "REGISTER", "sip:r", cnonce="c")

    assert isinstance(realm.authenticate([placeholder, text], "REGISTER", b"", now=1.0), Accepted)


def test_realm_accepts_an_answer_of_rfc2069_again_and_again() -> None:
    realm = make_authenticator()
    (challenge,) = parse_challenges(*realm.challenges(now=0.0))
    old = replace(challenge, qop=())
    text = answer(old, "u", "p", "REGISTER", "sip:r")

    for now in (1.0, 2.0):
        assert isinstance(realm.authenticate([text], "REGISTER", b"", now), Accepted)


def test_nonce_that_was_forgotten_is_unknown() -> None:
    book = make_book()
    nonce = book.issue(now=0.0)

    book.forget(nonce)

    assert book.use(nonce, 1, "c", now=1.0) is Refusal.UNKNOWN_NONCE


def test_realm_says_stale_only_for_a_nonce_whose_digest_was_right() -> None:
    realm = make_authenticator()
    (challenge,) = parse_challenges(*realm.challenges(now=0.0))
    right = answer(challenge, "u", "p", "REGISTER", "sip:r", cnonce="c")
    wrong = answer(challenge, "u", "q", "REGISTER", "sip:r", cnonce="c")

    late = realm.authenticate([right], "REGISTER", b"", now=1000.0)
    late_and_wrong = realm.authenticate([wrong], "REGISTER", b"", now=1000.0)

    assert isinstance(late, Refused)
    assert late.is_stale
    assert isinstance(late_and_wrong, Refused)
    assert not late_and_wrong.is_stale
    (again,) = parse_challenges(*realm.challenges(now=1000.0, stale=late.is_stale))
    assert again.stale


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([], Refusal.MISSING_PARAMETER),
        (["Basic WDpY"], Refusal.MISSING_PARAMETER),
        (
            ['Digest username="u", realm="r", nonce="", uri="x", response=""'],
            Refusal.MISSING_PARAMETER,
        ),
        (['Digest username="u", realm="*", nonce=""'], Refusal.WRONG_REALM),
        (
            ['Digest username="v", realm="r", nonce="n", uri="x", response="y"'],
            Refusal.UNKNOWN_USER,
        ),
    ],
)
def test_realm_refuses_what_holds_no_proof(values: list[str], reason: Refusal) -> None:
    refused = make_authenticator().authenticate(values, "REGISTER", b"", now=0.0)

    assert isinstance(refused, Refused)
    assert refused.reason is reason
    assert not refused.is_stale


def test_realm_compares_the_uri_where_http_asks_for_it() -> None:
    realm = make_authenticator()
    (challenge,) = parse_challenges(*realm.challenges(now=0.0))
    text = answer(challenge, "u", "p", "GET", "/a", cnonce="c")

    refused = realm.authenticate([text], "GET", b"", now=0.0, uri="/b")

    assert refused == Refused(Refusal.WRONG_URI, "/b", "/a")


def test_hashed_username_is_the_hash_of_name_and_realm() -> None:
    assert hash_username("u", "r", None) == hashlib.md5(b"u:r").hexdigest()
