"""The rules of HTTP header fields: RFC 9110, RFC 9111, RFC 9112, in the notation of `harness.abnf`.

Field values arrive stripped and unfolded. Octets that are not UTF-8 are the surrogates U+DC80 to
U+DCFF, which obs-text includes. Lists are those that a sender may write: "A sender MUST NOT
generate empty list elements" (RFC 9110 §5.6.1.1).
"""

from __future__ import annotations

# RFC 9110 §5.6 and RFC 3986 §2, §3; reported as a whole, as those of CORE.
LEXICAL = r"""
OWS             = *( SP / HTAB )
RWS             = 1*( SP / HTAB )
COMMA           = OWS "," OWS

obs-text        = %x80-D7FF / %xDC80-DCFF / %xE000-10FFFF
token           = 1*( "!" / "#" / "$" / "%" / "&" / %x27 / "*" / "+" / "-" / "." / "^" / "_" / "`"
                / "|" / "~" / DIGIT / ALPHA )
token68         = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
qdtext          = HTAB / %x20-21 / %x23-5B / %x5D-7E / obs-text
quoted-pair     = %x5C ( HTAB / SP / VCHAR / obs-text )
quoted-string   = DQUOTE *( qdtext / quoted-pair ) DQUOTE
ctext           = HTAB / %x20-27 / %x2A-5B / %x5D-7E / obs-text
comment         = "(" *( ctext / quoted-pair / comment ) ")"
comment-part    = 1*ctext / quoted-pair

; RFC 9110 §5.6.7, with the values of its comments ("00:00:00 - 23:59:60").
day             = %x30-32 DIGIT / "3" %x30-31
hour            = %x30-31 DIGIT / "2" %x30-33
minute          = %x30-35 DIGIT
second          = %x30-35 DIGIT / "60"

unreserved      = ALPHA / DIGIT / "-" / "." / "_" / "~"
sub-delims      = "!" / "$" / "&" / %x27 / "(" / ")" / "*" / "+" / "," / ";" / "="
pct-encoded     = "%" HEXDIG HEXDIG
pchar           = unreserved / sub-delims / ":" / "@" / pct-encoded
IPvFuture       = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
IP-literal      = "[" ( IPv6address / IPvFuture ) "]"
"""

URIS = r"""
; A reg-name covers an IPv4address.
uri-host        = IP-literal / reg-name
reg-name        = *( unreserved / sub-delims / pct-encoded )
port            = *DIGIT
userinfo        = *( unreserved / sub-delims / ":" / pct-encoded )
authority       = [ userinfo "@" ] uri-host [ ":" port ]
segment         = *pchar
segment-nz      = 1*pchar
segment-nz-nc   = 1*( unreserved / sub-delims / "@" / pct-encoded )
path-abempty    = *( "/" segment )
path-absolute   = "/" [ segment-nz path-abempty ]
query           = *( pchar / "/" / "?" )
fragment        = *( pchar / "/" / "?" )
scheme          = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
hier-part       = "//" authority path-abempty / path-absolute / [ segment-nz path-abempty ]
absolute-URI    = scheme ":" hier-part [ "?" query ]
relative-part   = "//" authority path-abempty / path-absolute / [ segment-nz-nc path-abempty ]
partial-URI     = relative-part [ "?" query ]
URI-reference   = ( absolute-URI / partial-URI ) [ "#" fragment ]
"""

# "q" is the weight wherever a weight may stand, though a parameter may have any value.
FIELDS = r"""
; RFC 9110 §5.6.6
parameters          = *( OWS ";" OWS [ parameter ] )
parameter           = token "=" ( token / quoted-string )
weight              = OWS ";" OWS "q=" qvalue
weighted-parameters = *( OWS ";" OWS [ 'q=' qvalue / parameter ] )

; RFC 9110 §5.6.7
HTTP-date           = IMF-fixdate / rfc850-date / asctime-date
IMF-fixdate         = day-name "," SP day SP month SP year SP time-of-day SP GMT
rfc850-date         = day-name-l "," SP day "-" month "-" 2DIGIT SP time-of-day SP GMT
asctime-date        = day-name SP month SP ( day / SP DIGIT ) SP time-of-day SP year
day-name            = %s"Mon" / %s"Tue" / %s"Wed" / %s"Thu" / %s"Fri" / %s"Sat" / %s"Sun"
day-name-l          = %s"Monday" / %s"Tuesday" / %s"Wednesday" / %s"Thursday" / %s"Friday"
                    / %s"Saturday" / %s"Sunday"
month               = %s"Jan" / %s"Feb" / %s"Mar" / %s"Apr" / %s"May" / %s"Jun"
                    / %s"Jul" / %s"Aug" / %s"Sep" / %s"Oct" / %s"Nov" / %s"Dec"
year                = 4DIGIT
time-of-day         = hour ":" minute ":" second
GMT                 = %s"GMT"

; RFC 9110 §7.2, §7.6, §7.8
Host                = uri-host [ ":" port ]
Connection          = #connection-option
connection-option   = token
Max-Forwards        = 1*DIGIT
Via                 = #via-entry
via-entry           = received-protocol RWS received-by [ RWS comment ]
received-protocol   = token [ "/" token ]
; uri-host as RFC 7230 §5.7.1 had it: a pseudonym holds no IPv6 address.
received-by         = ( IP-literal / token ) [ ":" port ]
Upgrade             = #protocol
protocol            = token [ "/" token ]

; RFC 9110 §8
Content-Type        = media-type
media-type          = token "/" token parameters
Content-Encoding    = #content-coding
content-coding      = token
Content-Language    = #language-tag
language-tag        = 1*8ALPHA *( "-" 1*8( ALPHA / DIGIT ) )
Content-Length      = 1*DIGIT
Content-Location    = absolute-URI / partial-URI
Last-Modified       = HTTP-date
ETag                = entity-tag
entity-tag          = [ weak ] opaque-tag
weak                = %s"W/"
opaque-tag          = DQUOTE *etagc DQUOTE
etagc               = %x21 / %x23-7E / obs-text

; RFC 9110 §10
Expect              = #expectation
expectation         = token [ "=" ( token / quoted-string ) parameters ]
Referer             = absolute-URI / partial-URI
TE                  = #t-codings
t-codings           = transfer-coding
transfer-coding     = token *( OWS ";" OWS ( 'q=' qvalue / transfer-parameter ) )
transfer-parameter  = token OWS "=" OWS ( token / quoted-string )
Trailer             = #field-name
field-name          = token
User-Agent          = product *( RWS ( product / comment ) )
Server              = product *( RWS ( product / comment ) )
product             = token [ "/" product-version ]
product-version     = token
Allow               = #method
method              = token
Date                = HTTP-date
Location            = URI-reference
Retry-After         = HTTP-date / 1*DIGIT

; RFC 9110 §11.6; the parameters come first: "a=" begins both.
Authorization             = credentials
Proxy-Authorization       = credentials
credentials               = auth-scheme [ 1*SP [ 1#auth-param / token68 ] ]
auth-scheme               = token
auth-param                = token OWS "=" OWS ( token / quoted-string )
WWW-Authenticate          = #challenge
Proxy-Authenticate        = #challenge
challenge                 = auth-scheme [ 1*SP [ 1#auth-param / token68 ] ]
Authentication-Info       = #info-param
Proxy-Authentication-Info = #info-param
; RFC 7616 §3.5: quoted or not as it says.
info-param                = 'nextnonce' OWS "=" OWS quoted-string / 'qop' OWS "=" OWS token
                          / 'rspauth' OWS "=" OWS DQUOTE *LHEX DQUOTE
                          / 'cnonce' OWS "=" OWS quoted-string / 'nc' OWS "=" OWS 8LHEX
                          / auth-param

; RFC 9110 §12
Accept              = #media-range
media-range         = token "/" token weighted-parameters
Accept-Charset      = #weighted-token
Accept-Encoding     = #weighted-token
weighted-token      = token [ weight ]
Accept-Language     = #( language-range [ weight ] )
; RFC 4647 §2.1
language-range      = language-tag / "*"
Vary                = #field-name

; RFC 9110 §13, §14
If-Match            = "*" / #entity-tag
If-None-Match       = "*" / #entity-tag
If-Modified-Since   = HTTP-date
If-Unmodified-Since = HTTP-date
If-Range            = entity-tag / HTTP-date
Range               = 'bytes=' 1#byte-range / token "=" 1#other-range
byte-range          = 1*DIGIT "-" *DIGIT / "-" 1*DIGIT
other-range         = 1*( %x21-2B / %x2D-7E )
Accept-Ranges       = 1#range-unit
range-unit          = token
Content-Range       = range-unit SP ( 1*DIGIT "-" 1*DIGIT "/" ( 1*DIGIT / "*" ) / "*/" 1*DIGIT )

; RFC 9111 §5, RFC 7234 §5.5
Age                 = 1*DIGIT
Cache-Control       = #cache-directive
Pragma              = #cache-directive
cache-directive     = token [ "=" ( token / quoted-string ) ]
Expires             = HTTP-date
Warning             = 1#warning-value
warning-value       = 3DIGIT SP ( uri-host [ ":" port ] ) SP quoted-string [ SP warn-date ]
warn-date           = DQUOTE HTTP-date DQUOTE

; RFC 9112 §6.1
Transfer-Encoding   = #transfer-coding

; RFC 6265 §5.4: a client gives back what it was given, well-formed or not.
Cookie              = cookie-pair *( ";" SP cookie-pair )
cookie-pair         = *( HTAB / %x20-3A / %x3C-7E / obs-text )
; §4.1 is a SHOULD; §5.2 reads any text.
Set-Cookie          = cookie-pair *( ";" cookie-pair )

; RFC 9112 §3, §4
request-line        = method SP request-target SP HTTP-version
request-target      = 1*( VCHAR / obs-text )
status-line         = HTTP-version SP 3DIGIT SP [ reason-phrase ]
reason-phrase       = 1*( HTAB / SP / VCHAR / obs-text )
HTTP-version        = %s"HTTP/" DIGIT "." DIGIT
field-value         = *( HTAB / SP / VCHAR / obs-text )
"""
