"""P- header fields of 3GPP, CableLabs and others that RFCs describe."""

from __future__ import annotations

P_HEADER_FIELDS = r"""
; RFC 7315 §5.1 to §5.6. Its access-info parameters and extension-access-info (a gen-value) are all
; covered by the last two; access types that came later have further parameters.
P-Associated-URI      = [ p-aso-uri-spec ] *( COMMA p-aso-uri-spec )
p-aso-uri-spec        = name-addr *( SEMI generic-param )
P-Called-Party-ID     = name-addr *( SEMI generic-param )
P-Visited-Network-ID  = 1#vnetwork-spec
vnetwork-spec         = ( token / quoted-string ) *( SEMI generic-param )
P-Access-Network-Info = 1#access-net-spec
access-net-spec       = token *( SEMI access-info )
access-info           = generic-param / gen-value
P-Charging-Function-Addresses = 1#charge-addr-params
charge-addr-params    = generic-param *( SEMI generic-param )
P-Charging-Vector     = icid-value *( SEMI generic-param )
icid-value            = 'icid-value' EQUAL gen-value

; RFC 4457 §4, RFC 4964 §7.1, RFC 5002 §5, RFC 5009 §9, RFC 5318 §5, RFC 8498 §6.2
P-User-Database       = LAQUOT absoluteURI RAQUOT *( SEMI generic-param )
P-Answer-State        = token *( SEMI generic-param )
P-Profile-Key         = ( name-addr / bare-addr-spec ) *( SEMI generic-param )
P-Early-Media         = #token
P-Refused-URI-List    = 1#uri-list-entry
uri-list-entry        = ( name-addr / bare-addr-spec ) *( SEMI refused-param )
; In quotes as the rule has it, or in angle brackets as the examples of RFC 5318 §5 do.
refused-param         = 'members' EQUAL ( quoted-string / members-in-brackets ) / generic-param
members-in-brackets   = LAQUOT *( qdtext-no-abkt / quoted-pair ) RAQUOT
P-Served-User         = ( name-addr / bare-addr-spec ) *( SEMI served-user-param )
served-user-param     = 'sescase' EQUAL ( 'orig' / 'term' )
                      / 'regstate' EQUAL ( 'unreg' / 'reg' ) / generic-param

; RFC 3313 §5.1, RFC 7316 §7, RFC 8496 §6
P-Media-Authorization         = 1#P-Media-Authorization-Token
P-Media-Authorization-Token   = 1*HEXDIG
P-Private-Network-Indication  = hostname *( SEMI generic-param )
P-Charge-Info         = name-addr *( SEMI generic-param ) / addr-spec

; RFC 5503 §5.1, §6.1, §7.1, §8.1
P-DCS-Trace-Party-ID  = name-addr *( SEMI trace-param )
trace-param           = 'timestamp=' 1*DIGIT [ "." 1*DIGIT ] / generic-param
P-DCS-OSPS            = token
P-DCS-Billing-Info    = 1*48HEXDIG "/" 1*16HEXDIG "@" host *( SEMI generic-param )
P-DCS-LAES            = hostport *( SEMI laes-param )
laes-param            = ( 'content' EQUAL hostport ) / generic-param
P-DCS-Redirect        = LDQUOT addr-spec RDQUOT *( SEMI redir-param )
redir-param           = ( 'count' EQUAL 1*DIGIT ) / generic-param

; RFC 6050 §4.1, §4.2
P-Asserted-Service    = 1#Service-ID
P-Preferred-Service   = 1#Service-ID
Service-ID            = 'urn:urn-7:' urn-service-id
urn-service-id        = 1*27let-dig *( "." 1*let-dig )
let-dig               = ALPHA / DIGIT / "-"
"""
