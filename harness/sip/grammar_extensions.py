"""Header fields of the extensions that a presence UE or its network uses."""

from __future__ import annotations

EXTENSION_FIELDS = r"""
; RFC 3262 §10
RAck                = 1*DIGIT LWS 1*DIGIT LWS Method
RSeq                = 1*DIGIT

; RFC 3323 §4.2; blanks around ";" as with SEMI everywhere else in SIP.
Privacy             = priv-value *( SEMI priv-value )
priv-value          = token

; RFC 3325 §9.1, §9.2: no header parameters, so a URI without brackets keeps its own.
P-Asserted-Identity   = 1#PAssertedID-value
P-Preferred-Identity  = 1#PAssertedID-value
PAssertedID-value     = name-addr / listed-addr-spec
; As addr-spec, but that the commas of the list are none of an absoluteURI.
listed-addr-spec      = SIP-URI / telephone-uri / listed-absoluteURI
listed-absoluteURI    = scheme ":" 1*( unreserved / escaped / "/" / "?" / ":" / "@" / "&" / "="
                      / "+" / "$" / ";" / "[" / "]" )

; RFC 3326 §2
Reason              = 1#reason-value
reason-value        = token *( SEMI reason-params )
reason-params       = protocol-cause / reason-text / generic-param
protocol-cause      = 'cause' EQUAL 1*DIGIT
reason-text         = 'text' EQUAL quoted-string

; RFC 3327 §4, RFC 3608 §5
Path                = 1#route-param
Service-Route       = 1#route-param

; RFC 3329 §2.2
Security-Client     = 1#sec-mechanism
Security-Server     = 1#sec-mechanism
Security-Verify     = 1#sec-mechanism
sec-mechanism       = token *( SEMI mech-parameters )
mech-parameters     = preference / ( 'd-alg' / 'd-qop' ) EQUAL token / digest-verify
                    / generic-param
preference          = 'q' EQUAL qvalue
digest-verify       = 'd-ver' EQUAL LDQUOT 32LHEX RDQUOT

; RFC 3515 §2.1, RFC 3892 §3, RFC 4488 §4
Refer-To            = ( name-addr / bare-addr-spec ) *( SEMI generic-param )
Referred-By         = ( name-addr / bare-addr-spec ) *( SEMI referredby-param )
referredby-param    = 'cid' EQUAL sip-clean-msg-id / generic-param
sip-clean-msg-id    = LDQUOT dot-atom "@" ( dot-atom RDQUOT / host RDQUOT )
dot-atom            = atom *( "." atom )
atom                = token-nodot
Refer-Sub           = ( "true" / "false" ) *( SEMI generic-param )

; RFC 3840 §9; for the value of one parameter (a Contact admits any generic-param).
feature-param       = enc-feature-tag [ EQUAL LDQUOT ( tag-value-list / string-value ) RDQUOT ]
enc-feature-tag     = base-tags / "+" ftag-name
base-tags           = 'audio' / 'automata' / 'class' / 'duplex' / 'data' / 'control' / 'mobility'
                    / 'description' / 'events' / 'priority' / 'methods' / 'schemes'
                    / 'application' / 'video' / 'language' / 'type' / 'isfocus' / 'actor'
                    / 'text' / 'extensions'
ftag-name           = ALPHA *( ALPHA / DIGIT / "!" / %x27 / "." / "-" / "%" )
tag-value-list      = tag-value *( "," tag-value )
tag-value           = [ "!" ] ( token-nobang / numeric )
token-nobang        = 1*( alphanum / "-" / "." / "%" / "*" / "_" / "+" / "`" / %x27 / "~" )
numeric             = "#" ( ">=" / "<=" / "=" / number ":" ) number
number              = [ "+" / "-" ] 1*DIGIT [ "." *DIGIT ]
string-value        = "<" *( qdtext-no-abkt / quoted-pair ) ">"
qdtext-no-abkt      = WSP / %x21 / %x23-3B / %x3D / %x3F-5B / %x5D-7E / UTF8-NONASCII

; RFC 3841 §10; a feature-param is one form of generic-param.
Accept-Contact      = 1#ac-value
Reject-Contact      = 1#ac-value
ac-value            = "*" *( SEMI generic-param )
Request-Disposition = 1#directive
directive           = 'proxy' / 'redirect' / 'cancel' / 'no-cancel' / 'fork' / 'no-fork'
                    / 'recurse' / 'no-recurse' / 'parallel' / 'sequential' / 'queue' / 'no-queue'

; RFC 6809 §6.2.1, §6.3.2
Feature-Caps        = 1#fc-value
fc-value            = "*" *( SEMI feature-cap )
feature-cap         = "+" ftag-name [ EQUAL LDQUOT ( tag-value-list / string-value ) RDQUOT ]

; RFC 3891 §6.1, RFC 3911 §7.1, RFC 4538 §7
Replaces            = callid *( SEMI dialog-param )
Join                = callid *( SEMI dialog-param )
Target-Dialog       = callid *( SEMI dialog-param )
dialog-param        = dialog-tag / generic-param
dialog-tag          = ( 'to-tag' / 'from-tag' / 'remote-tag' / 'local-tag' ) EQUAL token

; RFC 3903 §12, RFC 5839 §7.3; its "*" is a token too
SIP-ETag            = entity-tag
SIP-If-Match        = entity-tag
Suppress-If-Match   = entity-tag
entity-tag          = token

; RFC 5373 §2
Answer-Mode         = token *( SEMI generic-param )
Priv-Answer-Mode    = token *( SEMI generic-param )

; RFC 4028 §4, §5
Session-Expires     = delta-seconds *( SEMI se-params )
se-params           = 'refresher' EQUAL ( 'uas' / 'uac' ) / generic-param
Min-SE              = delta-seconds *( SEMI generic-param )

; RFC 4412 §3.1, §3.2
Resource-Priority         = 1#r-value
Accept-Resource-Priority  = #r-value
r-value                   = token-nodot "." token-nodot

; RFC 5360 §5.11.2, §5.9.3. The parameters of the URI are forms of trigger-param.
Trigger-Consent     = 1#trigger-cons-spec
trigger-cons-spec   = ( 'sip:' / 'sips:' ) plain-SIP-URI *( SEMI trigger-param )
plain-SIP-URI       = [ userinfo ] hostport *( ";" uri-parameter !unfinished ) [ headers ]
unfinished          = token / EQUAL
trigger-param       = 'target-uri' EQUAL quoted-string / generic-param
Permission-Missing  = 1#per-miss-spec
per-miss-spec       = ( name-addr / bare-addr-spec ) *( SEMI generic-param )

; RFC 5393 §5.8, RFC 5626 §10
Max-Breadth         = 1*DIGIT
Flow-Timer          = 1*DIGIT

; RFC 6086 §9.2
Info-Package        = Info-package-type
Recv-Info           = #Info-package-type
Info-package-type   = token *( SEMI generic-param )

; RFC 6442 §4.1, §4.2, §4.4, RFC 8787 §4
Geolocation         = 1#locationValue
locationValue       = info-uri *( SEMI geoloc-param )
geoloc-param        = 'loc-src' EQUAL hostname / generic-param
Geolocation-Routing = generic-param
Geolocation-Error   = 1*3DIGIT *( SEMI location-error-params )
location-error-params = 'code' EQUAL quoted-string / generic-param

; RFC 6794 §4.4.5.2
Policy-Contact      = 1#policyContact-info
policyContact-info  = info-uri *( SEMI policyContact-param )
policyContact-param = 'alt-uri' EQUAL hostname / generic-param

; RFC 6665 §8.4
Event               = event-type *( SEMI event-param )
event-type          = token-nodot *( "." token-nodot )
event-param         = 'id' EQUAL token / generic-param
Allow-Events        = 1#event-type
Subscription-State  = substate-value *( SEMI subexp-params )
substate-value      = token
subexp-params       = 'reason' EQUAL token / 'expires' EQUAL delta-seconds
                    / 'retry-after' EQUAL delta-seconds / generic-param

; RFC 7044 §5; leading zeros as in RFC 4244 §4.1.
History-Info        = 1#hi-entry
hi-entry            = name-addr *( SEMI hi-param )
hi-param            = ( 'index' / 'rc' / 'mp' / 'np' ) EQUAL index-val / generic-param
index-val           = 1*DIGIT *( "." 1*DIGIT )

; RFC 7433 §4.1
User-to-User        = 1#uui-value
uui-value           = ( token / quoted-string ) *( SEMI generic-param )

; RFC 7614 §4.8
Refer-Events-At     = LAQUOT SIP-URI RAQUOT *( SEMI generic-param )

; RFC 7989 §5
Session-ID          = sess-uuid *( SEMI sess-id-param )
sess-uuid           = 32LHEX
sess-id-param       = 'remote' EQUAL sess-uuid / generic-param

; RFC 8224 §4, RFC 4474 §9 (in quotes, without parameters) and what RFC 4475 §3.1.1.11 calls valid
; (neither): all that is common to them. base64url as RFC 8225 §9 makes it.
Identity            = LDQUOT 1*base64-char RDQUOT / identity-digest *( SEMI ident-info-params )
identity-digest     = 1*( base64-char / "." )
base64-char         = ALPHA / DIGIT / "/" / "+" / "-" / "_" / "="
ident-info-params   = 'info' EQUAL info-uri / ( 'alg' / 'ppt' ) EQUAL ( token / quoted-string )
                    / generic-param
Identity-Info       = info-uri *( SEMI ident-info-params )

; RFC 8262 §3.2 with RFC 5322 §3.6.4
Content-ID          = "<" id-left "@" id-right ">"
id-left             = dot-atom-text
id-right            = dot-atom-text / "[" *( %x21-5A / %x5E-7E ) "]"
dot-atom-text       = 1*atext *( "." 1*atext )
atext               = alphanum / "!" / "#" / "$" / "%" / "&" / %x27 / "*" / "+" / "-" / "/"
                    / "=" / "?" / "^" / "_" / "`" / "{" / "|" / "}" / "~"

; RFC 8876 §5.2
AlertMsg-Error      = 3DIGIT *( SEMI error-params )
error-params        = 'message' EQUAL quoted-string / generic-param
"""
