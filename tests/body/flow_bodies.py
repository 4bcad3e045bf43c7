"""The bodies of the documented flow.

The page that shows them lost their line ends and indentation; they are restored here, and S19,
which the page damages, is mended: the missing blank put in, the document closed.
"""

from __future__ import annotations

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
LISTS = (
    "http://192.168.1.2:8080/resource-lists/users/sip%3A%2B339012341234%40Test-rcs.com"
    "/index/~~/resource-lists/list%5B@name=%22"
)
RAW_LISTS = LISTS.replace("sip%3A%2B339012341234%40", "sip:+339012341234@")
PRESENCE_NAMESPACES = (
    'xmlns="urn:ietf:params:xml:ns:pidf" xmlns:op="urn:oma:xml:prs:pidf:oma-pres" '
    'xmlns:opd="urn:oma:xml:pde:pidf:ext" xmlns:pdm="urn:ietf:params:xml:ns:pidf:data-model" '
    'xmlns:ci="urn:ietf:params:xml:ns:pidf:cipid" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid"'
)
SERVICES = (
    "org.openmobilealliance:File-Transfer",
    "org.gsma.imageshare",
    "org.gsma.videoshare",
    "org.openmobilealliance:IM-session",
    "org.3gpp.cs-videotelephony",
)
TUPLE = """  <tuple id="{id}">
    <status><basic>open</basic></status>
    <op:service-description>
      <op:service-id>{service}</op:service-id>
      <op:version>{version}</op:version>
    </op:service-description>
    <contact>sip:{contact}@test-rcs.com</contact>
    <timestamp>{timestamp}</timestamp>
  </tuple>
"""

DIRECTORY = (
    DECLARATION
    + """<xcap-directory xmlns="urn:oma:xml:xdm:xcap-directory">
  <folder auid="rls-services">
  </folder>
  <folder auid="resource-lists">
  </folder>
  <folder auid="org.openmobilealliance.pres-rules">
  </folder>
</xcap-directory>
"""
)
RLS_SERVICES = (
    DECLARATION
    + f"""<rls-services xmlns="urn:ietf:params:xml:ns:rls-services"
    xmlns:rl="urn:ietf:params:xml:ns:resource-lists">
  <service uri="sip:+339012341234@Test-rcs.com;pres-list=rcs">
    <resource-list>{LISTS}rcs%22%5D</resource-list>
    <packages>
      <package>presence</package>
    </packages>
  </service>
</rls-services>
"""
)
RESOURCE_LISTS = (
    DECLARATION
    + f"""<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">
  <list name="oma_buddylist">
    <external anchor="{LISTS}rcs%22%5D"/>
  </list>
  <list name="oma_grantedcontacts">
    <external anchor="{LISTS}rcs%22%5D"/>
  </list>
  <list name="oma_blockedcontacts">
    <external anchor="{LISTS}rcs_blockedcontacts%22%5D"/>
    <external anchor="{LISTS}rcs_revokedcontacts%22%5D"/>
  </list>
  <list name="rcs">
    <display-name>My presence buddies</display-name>
  </list>
  <list name="rcs_blockedcontacts">
    <display-name>My blocked contacts</display-name>
  </list>
  <list name="rcs_revokedcontacts">
    <display-name>My revoked contacts</display-name>
  </list>
</resource-lists>
"""
)
SEES_ALL = """    <cr:transformations>
      <pr:provide-services><pr:all-services/></pr:provide-services>
      <pr:provide-persons><pr:all-persons/></pr:provide-persons>
      <pr:provide-devices><pr:all-devices/></pr:provide-devices>
      <pr:provide-all-attributes/>
    </cr:transformations>
"""
PRES_RULES = (
    DECLARATION
    + f"""<cr:ruleset xmlns:ocp="urn:oma:xml:xdm:common-policy"
    xmlns:pr="urn:ietf:params:xml:ns:pres-rules" xmlns:cr="urn:ietf:params:xml:ns:common-policy">
  <cr:rule id="wp_prs_allow_own">
    <cr:conditions>
      <cr:identity><cr:one id="sip:+339012341234@Test-rcs.com"/></cr:identity>
    </cr:conditions>
    <cr:actions><pr:sub-handling>allow</pr:sub-handling></cr:actions>
{SEES_ALL}  </cr:rule>
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
        <ocp:entry anc="{RAW_LISTS}oma_grantedcontacts%22%5D"/>
      </ocp:external-list>
    </cr:conditions>
    <cr:actions><pr:sub-handling>allow</pr:sub-handling></cr:actions>
{SEES_ALL}  </cr:rule>
  <cr:rule id="wp_prs_blockedcontacts">
    <cr:conditions>
      <ocp:external-list>
        <ocp:entry anc="{RAW_LISTS}oma_blockedcontacts%22%5D"/>
      </ocp:external-list>
    </cr:conditions>
    <cr:actions><pr:sub-handling>block</pr:sub-handling></cr:actions>
  </cr:rule>
</cr:ruleset>
"""
)
WATCHERINFO_EMPTY = """<watcherinfo xmlns="urn:ietf:params:xml:ns:watcherinfo" version="0"
    state="full">
  <watcher-list resource="sip:+339012341234@test-rcs.com" package="presence" />
</watcherinfo>
"""
WATCHERINFO = """<watcherinfo xmlns="urn:ietf:params:xml:ns:watcherinfo" version="4" state="full">
  <watcher-list resource="sip:+339012341234@test-rcs.com" package="presence">
    <watcher status="active" id="5c7c3f58" display-name="RCS-VUA" event="approved">
      sip:+330123456789@test-rcs.com
    </watcher>
    <watcher status="active" id="9a20aee7" display-name="test user" event="approved">
      sip:+339012341234@test-rcs.com
    </watcher>
  </watcher-list>
</watcherinfo>
"""
PUBLISHED = (
    f"<presence {PRESENCE_NAMESPACES}\n"
    '    xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10"\n'
    '    xmlns:gml="urn:opengis:specification:gml:schema-xsd:feature:v3.0"\n'
    '    entity="sip:+339012341234@test-rcs.com">\n'
    + "".join(
        TUPLE.format(
            id=f"t{number}",
            service=service,
            version="1.0",
            contact="+339012341234",
            timestamp="2014-06-19T06:30:45.000Z",
        )
        for number, service in enumerate(SERVICES, 1)
    )
    + "</presence>\n"
)
PERM_PRESENCE = (
    DECLARATION
    + f"""<presence {PRESENCE_NAMESPACES} entity="sip:+339012341234@Test-rcs.com">
  <pdm:person id="p1">
    <op:overriding-willingness>
      <op:basic>open</op:basic>
    </op:overriding-willingness>
    <ci:homepage></ci:homepage>
    <rpid:status-icon opd:etag="1403159871372" opd:fsize="2193" opd:contenttype="image/jpeg" \
opd:resolution="96x96">http://192.168.1.2:8080/org.openmobilealliance.pres-content/users/\
sip%3A%2B339012341234%40Test-rcs.com/oma_status-icon/rcs_status_icon</rpid:status-icon>
    <pdm:note></pdm:note>
    <pdm:timestamp>2014-06-19T06:37:51.000Z</pdm:timestamp>
  </pdm:person>
</presence>
"""
)
BUDDY = (
    f"<presence {PRESENCE_NAMESPACES}\n"
    '    xmlns:opd11="urn:oma:xml:pde:pidf:ext:1.1"\n'
    '    xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10"\n'
    '    xmlns:caps="urn:ietf:params:xml:ns:pidf:caps" xmlns:gml="http://www.opengis.net/gml"\n'
    '    xmlns:gs="http://www.opengis.net/pidflo/1.0" entity="sip:+330123456789@test-rcs.com">\n'
    + TUPLE.format(
        id="a0",
        service="org.openmobilealliance:StandaloneMsg",
        version="2.0",
        contact="+330123456789",
        timestamp="2014-06-19T06:40:16.4438118Z",
    )
    + "</presence>\n"
)
BUDDY_DAMAGED = BUDDY.replace(
    '"urn:ietf:params:xml:ns:pidf:caps" xmlns:gml', '"urn:ietf:params:xml:ns:pidf:caps"xmlns:gml'
).replace("</presence>\n", "")

BODIES = {
    "H2": (DIRECTORY, "application/vnd.oma.xcap-directory+xml"),
    "H3": (RLS_SERVICES, "application/rls-services+xml"),
    "H5": (RESOURCE_LISTS, "application/resource-lists+xml"),
    "H7": (PRES_RULES, "application/auth-policy+xml"),
    "S5": (WATCHERINFO_EMPTY, "application/watcherinfo+xml"),
    "S9": (PUBLISHED, "application/pidf+xml"),
    "S15": (WATCHERINFO, "application/watcherinfo+xml"),
    "H15": (PERM_PRESENCE, "application/pidf+xml"),
    "S17": (PERM_PRESENCE.removeprefix(DECLARATION), "application/pidf+xml"),
    "S19": (BUDDY, "application/pidf+xml"),
}
_LIST = (
    "/resource-lists/users/sip%3A%2B339012341234%40Test-rcs.com"
    "/index/~~/resource-lists/list%5B@name=%22rcs%22%5D"
)
_BUDDY = f"{_LIST}/entry%5B@uri=%22sip%3A%2B330123456789%40Test-rcs.com%3Buser%3Dphone%22%5D"
FETCHED_LIST = """<list name="rcs" xmlns="urn:ietf:params:xml:ns:resource-lists">
  <display-name>My presence buddies</display-name>
</list>"""
PARTS = {
    "H10": (FETCHED_LIST, _LIST),
    "H11": (
        "<entry uri='sip:+339012341234@Test-rcs.com'></entry>",
        f"{_LIST}/entry%5B@uri=%22sip%3A%2B339012341234%40Test-rcs.com%22%5D",
    ),
    "H13": ("<entry uri='sip:+330123456789@Test-rcs.com;user=phone'></entry>", _BUDDY),
    "H13 as printed": (
        "<entry uri='sip:+330123456789@anritsu-rcs.com;user=phone'></entry>",
        _BUDDY,
    ),
}
"""Elements of documents, and the XCAP URIs that they are put to or got from."""
