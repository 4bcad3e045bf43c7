"""Header fields of RFC 3261 §25.1, each a rule by its name without the "name HCOLON" before it.

Extensions add parameters that are known by name to some of these rules; each says where from.
"""

from __future__ import annotations

RFC3261_FIELDS = r"""
Accept              = #accept-range
accept-range        = token SLASH token *( SEMI accept-param )
accept-param        = 'q' EQUAL qvalue / generic-param
Accept-Encoding     = #( token *( SEMI accept-param ) )
Accept-Language     = #language
language            = ( language-tag / "*" ) *( SEMI accept-param )
Alert-Info          = 1#info
Allow               = #Method
Call-ID             = callid
callid              = word [ "@" word ]
Call-Info           = 1#info
info                = info-uri *( SEMI generic-param )

; In this order: "*" may begin a display-name.
Contact             = 1#contact-param / STAR
contact-param       = ( name-addr / bare-addr-spec ) *( SEMI contact-params )
contact-params      = c-p-q / c-p-expires / c-p-reg / c-p-instance / temp-gruu / pub-gruu
                    / contact-extension
c-p-q               = 'q' EQUAL qvalue
c-p-expires         = 'expires' EQUAL delta-seconds
; RFC 5626 §10
c-p-reg             = 'reg-id' EQUAL 1*DIGIT
c-p-instance        = '+sip.instance' EQUAL LDQUOT "<" instance-val ">" RDQUOT
instance-val        = 1*uric
; RFC 5627 §7
temp-gruu           = 'temp-gruu' EQUAL quoted-string
pub-gruu            = 'pub-gruu' EQUAL quoted-string
; A feature-param (RFC 3840 §9) is one form of it.
contact-extension   = generic-param

Content-Disposition = token *( SEMI disp-param )
disp-param          = 'handling' EQUAL token / generic-param
Content-Encoding    = 1#token
Content-Language    = 1#language-tag
; Subtags with digits: RFC 5646 §2.1.
language-tag        = 1*8ALPHA *( "-" 1*8alphanum )
Content-Length      = 1*DIGIT
Content-Type        = media-type
media-type          = m-type SLASH m-subtype *( SEMI m-parameter )
m-type              = token
m-subtype           = token
m-parameter         = token EQUAL ( token / quoted-string )
CSeq                = 1*DIGIT LWS Method

; RFC 3261 §20.17: case-sensitive
Date                = rfc1123-date
rfc1123-date        = wkday "," SP date1 SP time SP %s"GMT"
date1               = 2DIGIT SP month SP 4DIGIT
time                = 2DIGIT ":" 2DIGIT ":" 2DIGIT
wkday               = %s"Mon" / %s"Tue" / %s"Wed" / %s"Thu" / %s"Fri" / %s"Sat" / %s"Sun"
month               = %s"Jan" / %s"Feb" / %s"Mar" / %s"Apr" / %s"May" / %s"Jun"
                    / %s"Jul" / %s"Aug" / %s"Sep" / %s"Oct" / %s"Nov" / %s"Dec"
Error-Info          = 1#info
Expires             = delta-seconds
From                = ( name-addr / bare-addr-spec ) *( SEMI from-param )
from-param          = tag-param / generic-param
tag-param           = 'tag' EQUAL token
In-Reply-To         = 1#callid
Max-Forwards        = 1*DIGIT
MIME-Version        = 1*DIGIT "." 1*DIGIT
Min-Expires         = delta-seconds
Organization        = [ TEXT-UTF8-TRIM ]
Priority            = token
Proxy-Require       = 1#option-tag
option-tag          = token
Record-Route        = 1#route-param
route-param         = name-addr *( SEMI generic-param )
Reply-To            = ( name-addr / bare-addr-spec ) *( SEMI generic-param )
Require             = 1#option-tag
Retry-After         = delta-seconds [ comment ] *( SEMI retry-param )
retry-param         = 'duration' EQUAL delta-seconds / generic-param
Route               = 1#route-param
Server              = server-val *( LWS server-val )
server-val          = product / comment
product             = token [ SLASH token ]
Subject             = [ TEXT-UTF8-TRIM ]
Supported           = #option-tag
Timestamp           = 1*DIGIT [ "." *DIGIT ] [ LWS delay ]
delay               = *DIGIT [ "." *DIGIT ]
To                  = ( name-addr / bare-addr-spec ) *( SEMI from-param )
Unsupported         = 1#option-tag
User-Agent          = server-val *( LWS server-val )

Via                 = 1#via-parm
via-parm            = sent-protocol LWS sent-by *( SEMI via-params )
sent-protocol       = token SLASH token SLASH transport
transport           = token
sent-by             = host [ COLON port ]
via-params          = via-ttl / via-maddr / via-received / via-branch / response-port / keep
                    / via-extension
via-ttl             = 'ttl' EQUAL 1*3DIGIT
via-maddr           = 'maddr' EQUAL host
; Brackets: RFC 5118 §4.5.
via-received        = 'received' EQUAL ( IPv4address / IPv6address / IPv6reference )
via-branch          = 'branch' EQUAL token
; RFC 3581 §5, RFC 6223 §8.2
response-port       = 'rport' [ EQUAL 1*DIGIT ]
keep                = 'keep' [ EQUAL 1*DIGIT ]
via-extension       = generic-param

Warning             = 1#warning-value
warning-value       = warn-code SP warn-agent SP warn-text
warn-code           = 3DIGIT
warn-agent          = hostport &SP / token
warn-text           = quoted-string
"""

# RFC 3261 §25.1 with RFC 8760 §2.7; RFC 7615 opens Authentication-Info to further parameters.
# That an algorithm may stand in quotes is our tolerance: RFC 2617 §3.2.1 is unclear.
AUTHENTICATION_FIELDS = r"""
Authorization             = credentials
Proxy-Authorization       = credentials
credentials               = 'Digest' LWS 1#dig-resp / 'Bearer' 1*SP b64token / other-response
; RFC 8898 §2.1.3, "as specified in [RFC6750]" §2.1
b64token                  = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
dig-resp                  = username / realm / nonce / digest-uri / dresponse / algorithm / cnonce
                          / opaque / message-qop / nonce-count / auth-param
username                  = 'username' EQUAL quoted-string
realm                     = 'realm' EQUAL quoted-string
nonce                     = 'nonce' EQUAL quoted-string
digest-uri                = 'uri' EQUAL LDQUOT digest-uri-value RDQUOT
; RFC 3261 §25.1: equal to the request-uri of HTTP/1.1; RFC 8760 §2.7: Request-URI.
digest-uri-value          = addr-spec / abs-path [ "?" *uric ] / "*"
dresponse                 = 'response' EQUAL request-digest
request-digest            = LDQUOT *LHEX RDQUOT
algorithm                 = 'algorithm' EQUAL ( token / quoted-string )
cnonce                    = 'cnonce' EQUAL quoted-string
opaque                    = 'opaque' EQUAL quoted-string
message-qop               = 'qop' EQUAL token
nonce-count               = 'nc' EQUAL nc-value
nc-value                  = 8LHEX
auth-param                = token EQUAL ( token / quoted-string )
other-response            = auth-scheme LWS 1#auth-param
auth-scheme               = token

WWW-Authenticate          = challenge
Proxy-Authenticate        = challenge
challenge                 = 'Digest' LWS 1#digest-cln / other-challenge
digest-cln                = realm / domain / nonce / opaque / stale / algorithm / qop-options
                          / auth-param
domain                    = 'domain' EQUAL LDQUOT URI *( 1*SP URI ) RDQUOT
URI                       = addr-spec / abs-path
stale                     = 'stale' EQUAL ( "true" / "false" )
qop-options               = 'qop' EQUAL LDQUOT 1#token RDQUOT
other-challenge           = auth-scheme LWS 1#auth-param

Authentication-Info       = 1#ainfo
Proxy-Authentication-Info = 1#ainfo
ainfo                     = nextnonce / message-qop / response-auth / cnonce / nonce-count
                          / auth-param
nextnonce                 = 'nextnonce' EQUAL quoted-string
response-auth             = 'rspauth' EQUAL LDQUOT *LHEX RDQUOT
"""
