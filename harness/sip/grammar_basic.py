"""Basic rules and URIs: RFC 3261 §25.1, RFC 3966, in the notation of `harness.abnf.notation`.

Field values reach the grammar unfolded and stripped, so that LWS is blanks and tabs only, and white
space at the end of a rule is left to the separator that follows. Octets that are not UTF-8 arrive
as the surrogates U+DC80 to U+DCFF.
"""

from __future__ import annotations

# RFC 3261 §25.1, and CORE. Reported as a whole: nobody needs to know that a token lacks an
# alphanum.
LEXICAL = r"""
alphanum        = ALPHA / DIGIT
LWS             = 1*WSP
SWS             = [ LWS ]

reserved        = ";" / "/" / "?" / ":" / "@" / "&" / "=" / "+" / "$" / ","
mark            = "-" / "_" / "." / "!" / "~" / "*" / %x27 / "(" / ")"
unreserved      = alphanum / mark
escaped         = "%" HEXDIG HEXDIG

; Decoded, or octets that Python does not decode but the rule allows (%xC0-DF 1UTF8-CONT ...).
UTF8-NONASCII   = %x80-D7FF / %xE000-10FFFF
                / %xDCC0-DCDF UTF8-CONT
                / %xDCE0-DCEF UTF8-CONT UTF8-CONT
                / %xDCF0-DCF7 3UTF8-CONT
                / %xDCF8-DCFB 4UTF8-CONT
                / %xDCFC-DCFD 5UTF8-CONT
UTF8-CONT       = %xDC80-DCBF
TEXT-UTF8char   = %x21-7E / UTF8-NONASCII
TEXT-UTF8-TRIM  = 1*( TEXT-UTF8char / WSP )

token           = 1*( alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / %x27 / "~" )
word            = 1*( alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / %x27 / "~"
                / "(" / ")" / "<" / ">" / ":" / %x5C / DQUOTE / "/" / "[" / "]" / "?"
                / "{" / "}" )
token-nodot     = 1*( alphanum / "-" / "!" / "%" / "*" / "_" / "+" / "`" / %x27 / "~" )

STAR            = SWS "*" SWS
SLASH           = SWS "/" SWS
EQUAL           = SWS "=" SWS
LAQUOT          = SWS "<"
RAQUOT          = ">" SWS
COMMA           = SWS "," SWS
SEMI            = SWS ";" SWS
COLON           = SWS ":" SWS
LDQUOT          = SWS DQUOTE
RDQUOT          = DQUOTE SWS

quoted-pair     = %x5C ( %x00-09 / %x0B-0C / %x0E-7F )
qdtext          = WSP / %x21 / %x23-5B / %x5D-7E / UTF8-NONASCII
quoted-string   = SWS DQUOTE *( qdtext / quoted-pair ) DQUOTE
ctext           = %x21-27 / %x2A-5B / %x5D-7E / UTF8-NONASCII / WSP
comment         = SWS "(" *( ctext / quoted-pair / comment ) ")"
comment-part    = 1*ctext / quoted-pair

; RFC 5118 §4.10: the extra colon that the rules of RFC 3261 ask for is to be tolerated.
IPv6reference   = "[" ( IPv6address "]" / [ h16 *5( ":" h16 ) ] ":::" IPv4address "]" )
domainlabel     = 1*alphanum *( 1*"-" 1*alphanum )
toplabel        = ALPHA *alphanum *( 1*"-" 1*alphanum )
hostname        = *( domainlabel "." &alphanum ) toplabel [ "." ]
host            = hostname / IPv4address / IPv6reference
port            = 1*DIGIT

scheme          = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
Method          = token
delta-seconds   = 1*DIGIT
"""

URIS = r"""
; And SIPS-URI, which has another scheme only.
SIP-URI           = ( 'sip:' / 'sips:' ) [ userinfo ] hostport uri-parameters [ headers ]
userinfo          = user [ ":" password ] "@"
user              = 1*( unreserved / escaped / user-unreserved )
user-unreserved   = "&" / "=" / "+" / "$" / "," / ";" / "?" / "/"
password          = *( unreserved / escaped / "&" / "=" / "+" / "$" / "," )
hostport          = host [ ":" port ]
uri-parameters    = *( ";" uri-parameter )
; transport-param, user-param and the others are all forms of other-param, but for tokens with "`".
uri-parameter     = uri-token-param / other-param
uri-token-param   = ( "transport=" / "user=" / "method=" ) token !paramchar
other-param       = 1*paramchar [ "=" 1*paramchar ]
paramchar         = "[" / "]" / "/" / ":" / "&" / "+" / "$" / unreserved / escaped
headers           = "?" header *( "&" header )
header            = 1*hnv-char "=" *hnv-char
hnv-char          = "[" / "]" / "/" / "?" / ":" / "+" / "$" / unreserved / escaped

; RFC 3966 §3
telephone-uri         = 'tel:' ( global-number / local-number )
global-number         = global-number-digits *par
local-number          = local-number-digits *( !context par ) context *par
par                   = extension / isdn-subaddress / parameter
extension             = ';ext=' 1*( DIGIT / visual-separator )
; An isub may hold all uric; what follows a ";" in it is a parameter as well.
isdn-subaddress       = ';isub=' 1*( paramchar / "?" / "@" / "=" )
parameter             = ";" 1*( alphanum / "-" ) [ "=" 1*paramchar ]
context               = ";phone-context=" ( global-number-digits / hostname )
global-number-digits  = "+" *visual-separator DIGIT *( DIGIT / visual-separator )
local-number-digits   = *visual-separator ( HEXDIG / "*" / "#" )
                        *( HEXDIG / "*" / "#" / visual-separator )
visual-separator      = "-" / "." / "(" / ")"

; RFC 8141 §2; a Request-URI or name-addr has no fragment.
URN               = 'urn:' NID ":" NSS [ "?+" r-component ] [ "?=" q-component ]
NID               = alphanum 1*31( alphanum / "-" &ldh )
ldh               = alphanum / "-"
NSS               = urn-pchar *( urn-pchar / "/" )
r-component       = urn-pchar *( urn-pchar / "/" / !q-start "?" )
q-start           = "?="
q-component       = urn-pchar *( urn-pchar / "/" / "?" )
urn-pchar         = unreserved / escaped / "$" / "&" / "+" / "," / ";" / "=" / ":" / "@"

absoluteURI       = scheme ":" ( hier-part / opaque-part )
hier-part         = ( net-path / abs-path ) [ "?" *uric ]
net-path          = "//" authority [ abs-path ]
abs-path          = "/" *( pchar / ";" / "/" )
pchar             = unreserved / escaped / ":" / "@" / "&" / "=" / "+" / "$" / ","
; With both readings of "userinfo "@"": RFC 3261 has the "@" twice.
authority         = [ userinfo [ "@" ] ] IPv6reference [ ":" port ] / [ reg-name ]
reg-name          = 1*( unreserved / escaped / "$" / "," / ";" / ":" / "@" / "&" / "=" / "+" )
opaque-part       = !"/" 1*uric
uric              = reserved / unreserved / escaped

addr-spec         = SIP-URI / telephone-uri / URN / absoluteURI
; absoluteURI as RFC 3261 has it where any scheme may stand: it knows no "[" but in an authority,
; so that the SIP URI of a host by its IPv6 address would be none.
info-uri          = LAQUOT ( absoluteURI RAQUOT / addr-spec RAQUOT )
Request-URI       = addr-spec

; RFC 3261 §20: without angle brackets a URI holds no comma, question mark or semicolon; what
; follows a semicolon is a parameter of the header field.
bare-addr-spec    = bare-SIP-URI / bare-telephone-uri / bare-absoluteURI
bare-SIP-URI      = ( 'sip:' / 'sips:' ) [ bare-userinfo ] hostport
bare-userinfo     = 1*( unreserved / escaped / "&" / "=" / "+" / "$" / "/" )
                    [ ":" *( unreserved / escaped / "&" / "=" / "+" / "$" ) ] "@"
bare-telephone-uri  = 'tel:' ( global-number-digits / local-number-digits )
bare-absoluteURI  = scheme ":" 1*( unreserved / escaped / "/" / ":" / "@" / "&" / "=" / "+" / "$" )

; RFC 4475 §3.1.1.6: LWS between display-name and "<" is not needed.
name-addr         = [ display-name ] LAQUOT addr-spec RAQUOT
display-name      = quoted-string / token *( LWS token )

generic-param     = token [ EQUAL gen-value ]
gen-value         = token / host / quoted-string

Request-Line      = Method SP Request-URI SP SIP-Version
Status-Line       = SIP-Version SP 3DIGIT SP Reason-Phrase
SIP-Version       = "SIP/" 1*DIGIT "." 1*DIGIT
Reason-Phrase     = *( reserved / unreserved / escaped / UTF8-NONASCII / UTF8-CONT / WSP )
header-value      = *( TEXT-UTF8char / UTF8-CONT / WSP )
"""
