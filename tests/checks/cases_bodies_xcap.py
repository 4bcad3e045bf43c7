"""Cases of the checks of lists, services and rules: LIST, RLS, RULES."""

from __future__ import annotations

from tests.checks.bodies import put, rule, rules
from tests.checks.conversation import Case, Step
from tests.checks.http_conversation import (
    LIST_SELECTOR,
    LISTS,
    LISTS_TYPE,
    RLS,
    RLS_TYPE,
    ROOT,
    lists,
    rls,
    services,
)

LIST = f"{ROOT}{LISTS}{LIST_SELECTOR}"
OTHER_LIST = LIST.replace("%22rcs%22", "%22nobody%22")
REF = LIST.removeprefix(f"{ROOT}/") + "/entry%5B@uri=%22sip:bob@b.org%22%5D"
IDENTITY = '<identity><one id="{}"/></identity>'
MANY = '<identity><many domain="{}"/></identity>'
VALIDITY = "<validity><from>{}</from><until>{}</until></validity>"
PAIR = VALIDITY.format("2014-01-01T00:00:00Z", "2014-02-01T00:00:00Z")[10:-11]
UNKNOWN = '<pr:provide-unknown-attribute name="{}" ns="{}">true</pr:provide-unknown-attribute>'
PACKAGES = "</resource-list><packages>{}</packages>"


def an_entry(uri: str) -> list[Step]:
    return put(LISTS, LISTS_TYPE, lists(f'<list name="a"><entry uri="{uri}"/></list>'))


def a_reference(ref: str) -> list[Step]:
    return put(LISTS, LISTS_TYPE, lists(f'<list name="a"><entry-ref ref="{ref}"/></list>'))


def external(anchor: str) -> list[Step]:
    content = f'<list name="rcs"/><list name="a"><external anchor="{anchor}"/></list>'
    return put(LISTS, LISTS_TYPE, lists(content))


def service(content: str) -> list[Step]:
    return put(RLS, RLS_TYPE, rls(content))


def with_packages(content: str) -> list[Step]:
    return service(services().replace("</resource-list>", PACKAGES.format(content)))


def conditions(content: str) -> list[Step]:
    return rules(rule(conditions=content))


def anchored(anchor: str) -> list[Step]:
    return conditions(f'<ocp:external-list><ocp:entry anc="{anchor}"/></ocp:external-list>')


CASES = [
    Case("LIST-ENTRY-1", an_entry("pres:bob@b.org"), an_entry("bob@b.org")),
    Case("LIST-ENTRY-2", an_entry("tel:+4930123456"), an_entry("mailto:bob@b.org")),
    Case("LIST-REF-1", a_reference(REF), a_reference(REF.replace("%5B", "["))),
    Case("LIST-ANCHOR-1", external(LIST), external(OTHER_LIST)),
    Case(
        "RLS-URI-1",
        service(services(service="sip:alice@example.com;pres-list=rcs")),
        service(services(service="friends")),
    ),
    Case("RLS-LIST-1", service(services()), service(services(uri=LIST.replace("%5B", "[")))),
    Case(
        "RLS-LIST-2",
        service(services(uri=LIST.replace(ROOT, f"{ROOT}:80"))),
        service(services(uri=LIST.replace(ROOT, "http://other.example.com"))),
    ),
    Case(
        "RLS-PACKAGE-1",
        with_packages("<package> presence.winfo </package>"),
        with_packages("<package>all of them</package>"),
    ),
    Case("RLS-PACKAGE-2", with_packages("<package>presence</package>"), with_packages("")),
    Case(
        "RULES-ID-1",
        rules(rule(name="a") + rule(name="b")),
        rules(rule(name="a") + rule(name="a")),
    ),
    Case(
        "RULES-IDENTITY-1",
        conditions(IDENTITY.format("tel:+4930123456")),
        conditions(IDENTITY.format("bob")),
    ),
    Case(
        "RULES-IDENTITY-2",
        conditions(IDENTITY.format("sip:bob@[2001:db8::1]")),
        conditions(IDENTITY.format("sip:bob smith@b.org")),
    ),
    Case(
        "RULES-IDENTITY-3",
        conditions(MANY.format("example.com")),
        conditions(MANY.format("Example.COM")),
    ),
    Case(
        "RULES-VALIDITY-1",
        conditions(VALIDITY.format("2014-01-01T00:00:00Z", "2014-02-01T00:00:00+01:00")),
        conditions(VALIDITY.format("2014-01-01T00:00:00", "2014-02-01T00:00:00")),
    ),
    Case(
        "RULES-VALIDITY-2",
        conditions(VALIDITY.format("2014-01-01T00:00:00Z", "2014-02-01T00:00:00Z")),
        conditions(VALIDITY.format("2014-02-01T00:00:00Z", "2014-01-01T00:00:00Z")),
    ),
    Case(
        "RULES-IDENTITY-4",
        conditions(IDENTITY.format("sip:bob@example.com")),
        conditions('<identity><one id="sip:bob@example.com" domain="example.com"/></identity>'),
    ),
    Case(
        "RULES-VALIDITY-3",
        conditions(f"<validity>{2 * PAIR}</validity>"),
        conditions(f"<validity>{PAIR}{PAIR[: PAIR.index('<until>')]}</validity>"),
    ),
    Case(
        "RULES-UNKNOWN-1",
        rules(rule(shown=UNKNOWN.format("foo", "urn:example:a"))),
        rules(rule(shown=UNKNOWN.format("a:foo", "urn:example:a"))),
    ),
    Case("RULES-ANCHOR-1", anchored(LIST), anchored(f"{ROOT}{LISTS}"), "documented"),
    Case("RULES-ANCHOR-2", anchored(LIST), anchored(LIST.replace("%5B", "["))),
    Case("RULES-ANCHOR-3", anchored(LIST), anchored(LIST.replace("%3A", ":"))),
    Case(
        "RULES-ANCHOR-4",
        [*anchored(LIST), *external(LIST)],
        [*anchored(OTHER_LIST), *external(LIST)],
        "documented",
    ),
    Case(
        "RULES-EMPTY-1",
        rules(rule(actions="<pr:sub-handling>allow</pr:sub-handling>")),
        rules(rule()),
    ),
]
