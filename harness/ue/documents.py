"""The XML documents of the UE as templates: `{name}` stands for a value, filled in escaped.

`CONFORMANT` holds what the standards want, `DOCUMENTED` what the pages of the documented flow show;
where the two agree there is one text.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from xml.sax.saxutils import escape

# OMA service identifiers and versions that the UE publishes, one tuple each, in this order.
SERVICES = (
    ("org.openmobilealliance:File-Transfer", "1.0"),
    ("org.gsma.imageshare", "1.0"),
    ("org.gsma.videoshare", "1.0"),
    ("org.openmobilealliance:IM-session", "1.0"),
    ("org.3gpp.cs-videotelephony", "1.0"),
)

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

# RFC 4826 §4: one service, whose resource list is the list of contacts.
_RLS_SERVICES = (
    _DECLARATION
    + """\
<rls-services xmlns="urn:ietf:params:xml:ns:rls-services" \
xmlns:rl="urn:ietf:params:xml:ns:resource-lists">
  <service uri="{identity};pres-list={list_name}">
    <resource-list>{list}</resource-list>
    <packages>
      <package>presence</package>
    </packages>
  </service>
</rls-services>
"""
)

# RFC 4826 §3; the names of the lists are OMA's (oma_*) and RCS's (rcs*).
_RESOURCE_LISTS = (
    _DECLARATION
    + """\
<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">
  <list name="oma_buddylist">
    <external anchor="{list}"/>
  </list>
  <list name="oma_grantedcontacts">
    <external anchor="{list}"/>
  </list>
  <list name="oma_blockedcontacts">
    <external anchor="{blocked}"/>
    <external anchor="{revoked}"/>
  </list>
  <list name="{list_name}">
    <display-name>My presence buddies</display-name>
  </list>
  <list name="{list_name}_blockedcontacts">
    <display-name>My blocked contacts</display-name>
  </list>
  <list name="{list_name}_revokedcontacts">
    <display-name>My revoked contacts</display-name>
  </list>
</resource-lists>
"""
)

# RFC 4745, RFC 5025 and the OMA conditions. `granted_rule` and `blocked_rule` are the anchors as
# the persona writes them.
_PRES_RULES = (
    _DECLARATION
    + """\
<cr:ruleset xmlns:ocp="urn:oma:xml:xdm:common-policy" \
xmlns:pr="urn:ietf:params:xml:ns:pres-rules" xmlns:cr="urn:ietf:params:xml:ns:common-policy">
  <cr:rule id="wp_prs_allow_own">
    <cr:conditions>
      <cr:identity><cr:one id="{identity}"/></cr:identity>
    </cr:conditions>
    <cr:actions><pr:sub-handling>allow</pr:sub-handling></cr:actions>
    <cr:transformations>
      <pr:provide-services><pr:all-services/></pr:provide-services>
      <pr:provide-persons><pr:all-persons/></pr:provide-persons>
      <pr:provide-devices><pr:all-devices/></pr:provide-devices>
      <pr:provide-all-attributes/>
    </cr:transformations>
  </cr:rule>
  <cr:rule id="rcs_allow_services_anonymous">
    <cr:conditions><ocp:anonymous-request/></cr:conditions>
    <cr:actions><pr:sub-handling>allow</pr:sub-handling></cr:actions>
    <cr:transformations>
      <pr:provide-services><pr:all-services/></pr:provide-services>
      <pr:provide-all-attributes/>
    </cr:transformations>
  </cr:rule>
  <cr:rule id="wp_prs_unlisted">
    <cr:conditions><ocp:other-identity/></cr:conditions>
    <cr:actions><pr:sub-handling>confirm</pr:sub-handling></cr:actions>
  </cr:rule>
  <cr:rule id="wp_prs_grantedcontacts">
    <cr:conditions>
      <ocp:external-list>
        <ocp:entry anc="{granted_rule}"/>
      </ocp:external-list>
    </cr:conditions>
    <cr:actions><pr:sub-handling>allow</pr:sub-handling></cr:actions>
    <cr:transformations>
      <pr:provide-services><pr:all-services/></pr:provide-services>
      <pr:provide-persons><pr:all-persons/></pr:provide-persons>
      <pr:provide-devices><pr:all-devices/></pr:provide-devices>
      <pr:provide-all-attributes/>
    </cr:transformations>
  </cr:rule>
  <cr:rule id="wp_prs_blockedcontacts">
    <cr:conditions>
      <ocp:external-list>
        <ocp:entry anc="{blocked_rule}"/>
      </ocp:external-list>
    </cr:conditions>
    <cr:actions><pr:sub-handling>block</pr:sub-handling></cr:actions>
  </cr:rule>
</cr:ruleset>
"""
)

_TUPLE = """\
  <tuple id="t{number}">
    <status><basic>open</basic></status>
    <op:service-description>
      <op:service-id>{service}</op:service-id>
      <op:version>{version}</op:version>
    </op:service-description>
    <contact>{aor}</contact>
    <timestamp>{timestamp}</timestamp>
  </tuple>
"""

# RFC 3863 with the OMA presence data extensions.
_PUBLICATION = (
    _DECLARATION
    + """\
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:op="urn:oma:xml:prs:pidf:oma-pres" \
entity="{aor}">
"""
)
# The page has namespaces here that nothing uses, a wrong GML one included. It shows an XML
# declaration in no SIP body and in every HTTP body: that is the page's doing, and not the UE's.
_DOCUMENTED_PUBLICATION = """\
<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:op="urn:oma:xml:prs:pidf:oma-pres" \
xmlns:opd="urn:oma:xml:pde:pidf:ext" xmlns:pdm="urn:ietf:params:xml:ns:pidf:data-model" \
xmlns:ci="urn:ietf:params:xml:ns:pidf:cipid" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" \
xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10" \
xmlns:gml="urn:opengis:specification:gml:schema-xsd:feature:v3.0" entity="{aor}">
"""


def _permanent_presence(namespaces: str, homepage: str, note: str) -> str:
    """RFC 4479 with the OMA presence data extensions: one person."""
    return (
        _DECLARATION
        + f"""\
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:op="urn:oma:xml:prs:pidf:oma-pres" \
xmlns:opd="urn:oma:xml:pde:pidf:ext" xmlns:pdm="urn:ietf:params:xml:ns:pidf:data-model" \
{namespaces}xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="{{identity}}">
  <pdm:person id="p1">
    <op:overriding-willingness>
      <op:basic>open</op:basic>
    </op:overriding-willingness>{homepage}
    <rpid:status-icon opd:etag="{{icon_etag}}" opd:fsize="{{icon_size}}" \
opd:contenttype="{{icon_type}}" opd:resolution="96x96">{{icon}}</rpid:status-icon>
    {note}
    <pdm:timestamp>{{timestamp}}</pdm:timestamp>
  </pdm:person>
</presence>
"""
    )


_CONTENT = (
    _DECLARATION
    + """\
<content xmlns="urn:oma:xml:prs:pres-content">
  <mime-type>{icon_type}</mime-type>
  <encoding>base64</encoding>
  <description xml:lang="en">photo</description>
  <data>{icon_data}</data>
</content>
"""
)

Documents = Mapping[str, str]

CONFORMANT: Documents = MappingProxyType(
    {
        "rls-services": _RLS_SERVICES,
        "resource-lists": _RESOURCE_LISTS,
        "pres-rules": _PRES_RULES,
        "entry": '<entry uri="{uri}"/>',
        "publication": _PUBLICATION,
        "tuple": _TUPLE,
        "publication-end": "</presence>\n",
        # RFC 3863 §4.1.6: a note says which language it is in.
        "perm-presence": _permanent_presence(
            "", "", '<pdm:note xml:lang="fr">Disponible à tout moment</pdm:note>'
        ),
        "pres-content": _CONTENT,
    }
)

DOCUMENTED: Documents = MappingProxyType(
    {
        **CONFORMANT,
        "entry": "<entry uri='{uri}'></entry>",
        "publication": _DOCUMENTED_PUBLICATION,
        # An anyURI may be empty, a homepage that is nowhere says nothing.
        "perm-presence": _permanent_presence(
            'xmlns:ci="urn:ietf:params:xml:ns:pidf:cipid" ',
            "\n    <ci:homepage></ci:homepage>",
            "<pdm:note></pdm:note>",
        ),
    }
)


def fill(template: str, **values: str) -> str:
    """The template with its values in place, escaped for element content and attributes."""
    quotes = {'"': "&quot;", "'": "&apos;"}
    return template.format(**{name: escape(value, quotes) for name, value in values.items()})
