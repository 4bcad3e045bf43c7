"""The namespaces of presence documents, and the prefixes that we write them with."""

from __future__ import annotations

from typing import Final

XML: Final = "http://www.w3.org/XML/1998/namespace"
PIDF: Final = "urn:ietf:params:xml:ns:pidf"
DATA_MODEL: Final = "urn:ietf:params:xml:ns:pidf:data-model"
RPID: Final = "urn:ietf:params:xml:ns:pidf:rpid"
CIPID: Final = "urn:ietf:params:xml:ns:pidf:cipid"
CAPS: Final = "urn:ietf:params:xml:ns:pidf:caps"
GEOPRIV: Final = "urn:ietf:params:xml:ns:pidf:geopriv10"
CIVIC: Final = f"{GEOPRIV}:civicAddr"
BASIC_POLICY: Final = f"{GEOPRIV}:basicPolicy"
GML: Final = "http://www.opengis.net/gml"
PIDFLO: Final = "http://www.opengis.net/pidflo/1.0"
OMA_PRES: Final = "urn:oma:xml:prs:pidf:oma-pres"
PDE_EXT: Final = "urn:oma:xml:pde:pidf:ext"
PDE_EXT_11: Final = "urn:oma:xml:pde:pidf:ext:1.1"
RCS: Final = "urn:gsma:params:xml:ns:rcs:rcs"

PIDF_DIFF: Final = "urn:ietf:params:xml:ns:pidf-diff"
XCAP_DIFF: Final = "urn:ietf:params:xml:ns:xcap-diff"
SIMPLE_FILTER: Final = "urn:ietf:params:xml:ns:simple-filter"
WATCHERINFO: Final = "urn:ietf:params:xml:ns:watcherinfo"
RLMI: Final = "urn:ietf:params:xml:ns:rlmi"
REGINFO: Final = "urn:ietf:params:xml:ns:reginfo"
GRUUINFO: Final = "urn:ietf:params:xml:ns:gruuinfo"

RESOURCE_LISTS: Final = "urn:ietf:params:xml:ns:resource-lists"
RLS_SERVICES: Final = "urn:ietf:params:xml:ns:rls-services"
COMMON_POLICY: Final = "urn:ietf:params:xml:ns:common-policy"
PRES_RULES: Final = "urn:ietf:params:xml:ns:pres-rules"
LOCATION_RULES: Final = "urn:ietf:params:xml:ns:geolocation-policy"
OMA_COMMON_POLICY: Final = "urn:oma:xml:xdm:common-policy"
OMA_PRES_RULES: Final = "urn:oma:xml:prs:pres-rules"

PREFIXES: Final = {
    "gr": GRUUINFO,
    "op": OMA_PRES,
    "opd": PDE_EXT,
    "opd11": PDE_EXT_11,
    "pdm": DATA_MODEL,
    "ci": CIPID,
    "rpid": RPID,
    "caps": CAPS,
    "gp": GEOPRIV,
    "rl": RESOURCE_LISTS,
    "cr": COMMON_POLICY,
    "pr": PRES_RULES,
    "ocp": OMA_COMMON_POLICY,
    "opr": OMA_PRES_RULES,
}
