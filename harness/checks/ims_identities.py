"""How the identities of an IMS UE are made (TS 23.003 §13): instance-id, domain, user names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.ims import is_ims
from harness.checks.places import mismatch, start_line_mismatch
from harness.checks.registry import SHOULD, check, requests
from harness.checks.session_auth import credentials_in
from harness.model import Mismatch
from harness.sip.message import Request
from harness.sip.uri import SipUri, UriError, parse_uri

_REGISTER = requests("REGISTER")
_IMEI = re.compile(r"<?urn:gsma:imei:[0-9-]{1,20}((?:;[^;>]*)*)", re.IGNORECASE)
_DOMAIN = re.compile(
    r"ims\.(?:nid[0-9a-z]{1,32}\.)?mnc([0-9]{1,8})\.mcc([0-9]{1,8})\.3gppnetwork\.org",
    re.IGNORECASE,
)
_IMSI = re.compile(r"[0-9]{6,15}")
_DIGITS = 3


# TS 23.003 §13.8: "the instance-id shall take the form of a IMEI URN [...]. The optional
# <sw-version-param> and <imei-version-param> parameters shall not be included". That is the text of
# release 18; a phone of an early release can have been made by another, so that it is a remark.
@check("REG-IMS-21", clause="TS 23.003 §13.8", level=SHOULD, on=_REGISTER, sender="ue")
def instance_id_is_the_imei_alone(request: Request, context: Context) -> Iterator[Mismatch]:
    """The instance-id of an IMS UE is its IMEI without a version of the software or of the IMEI."""
    for contact in request.contacts:
        instance = contact.params.get("+sip.instance") or ""
        found = _IMEI.match(instance)
        names = found[1].lower().split(";") if found is not None else []
        if any(each.startswith(("svn=", "vers=")) for each in names) and is_ims(request):
            yield mismatch(request, "Contact", "neither svn nor vers", instance)


# TS 23.003 §13.2: "if the MNC is 2 digits then a zero shall be added at the beginning". An ISIM can
# hold a domain of another form, so that it is a remark.
@check("REG-IMS-22", clause="TS 23.003 §13.2", level=SHOULD, on=_REGISTER, sender="ue")
def home_domain_has_codes_of_three_digits(request: Request, context: Context) -> Iterator[Mismatch]:
    """A home domain that is made of an IMSI has the MNC and the MCC with three digits each."""
    found = _home_codes(request)
    if found is not None and any(len(each) != _DIGITS for each in found):
        uri = request.parsed_uri
        host = uri.host if isinstance(uri, SipUri) else request.uri
        yield start_line_mismatch(request, "ims.mncNNN.mccNNN.3gppnetwork.org", host)


def _home_codes(request: Request) -> tuple[str, str] | None:
    """MNC and MCC of a Request-URI that is a domain made of an IMSI."""
    uri = request.parsed_uri
    found = _DOMAIN.fullmatch(uri.host) if isinstance(uri, SipUri) else None
    return (found[1], found[2]) if found is not None else None


# TS 23.003 §13.3 and §13.4B: private identity and temporary public identity are the IMSI at the
# domain that its leading digits give. Identities on an ISIM can be others: a remark.
@check("REG-IMS-23", clause="TS 23.003 §13.4B", level=SHOULD, on=_REGISTER, sender="ue")
def identities_of_an_imsi_agree(request: Request, context: Context) -> Iterator[Mismatch]:
    """An IMSI in To is of the home domain's country and network, and the same as the user name."""
    codes = _home_codes(request)
    if codes is None or request.to is None or not is_ims(request):
        return
    try:
        own = parse_uri(request.to.uri)
    except UriError:
        return
    if not isinstance(own, SipUri) or own.user is None or not _IMSI.fullmatch(own.user):
        return
    if _DOMAIN.fullmatch(own.host) is None:
        return
    mnc, mcc = codes
    if len(mnc) == len(mcc) == _DIGITS and not _is_of(own.user, mcc, mnc):
        yield mismatch(request, "To", f"an IMSI of MCC {mcc} and MNC {mnc}", request.to.uri)
    for name, offset, each in credentials_in(request):
        user, _, realm = (each.username or "").partition("@")
        is_imsi = _IMSI.fullmatch(user) is not None and _DOMAIN.fullmatch(realm) is not None
        if is_imsi and user != own.user:
            expected = f'username="{own.user}@{own.host}"'
            yield Mismatch(expected, f'username="{each.username}"', name, offset)


def _is_of(imsi: str, mcc: str, mnc: str) -> bool:
    """Whether an IMSI begins with the codes; an MNC of two digits has a zero before them."""
    rest = imsi[len(mcc) :]
    return imsi.startswith(mcc) and (
        rest.startswith(mnc) or (mnc[0] == "0" and rest.startswith(mnc[1:]))
    )
