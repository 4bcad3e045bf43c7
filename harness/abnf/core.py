"""Rules that SIP and HTTP share: RFC 5234 §B.1, the addresses of RFC 3986 §3.2.2."""

from __future__ import annotations

# RFC 5954 §4.1 makes the addresses those of SIP: the rules of RFC 3261 MUST NOT be used.
CORE = r"""
ALPHA           = %x41-5A / %x61-7A
DIGIT           = %x30-39
HEXDIG          = DIGIT / %x41-46 / %x61-66
LHEX            = DIGIT / %x61-66
SP              = %x20
HTAB            = %x09
WSP             = SP / HTAB
DQUOTE          = %x22
VCHAR           = %x21-7E

dec-octet       = "25" %x30-35 / "2" %x30-34 DIGIT / "1" 2DIGIT / %x31-39 DIGIT / DIGIT
IPv4address     = dec-octet 3( "." dec-octet )
h16             = 1*4HEXDIG
ls32            = h16 ":" h16 / IPv4address
; The nine alternatives of RFC 3986 in two: "::" stands for one group or more of the eight, of which
; an IPv4address is two.
IPv6address     = 6( h16 ":" ) ls32
                / !too-many-h16 [ h16 *( ":" h16 ) ] "::" [ *( h16 ":" ) ( IPv4address / h16 ) ]
too-many-h16    = 7( *":" h16 ) 1*":" h16 / 6( *":" h16 ) 1*":" IPv4address

; RFC 3261 §25.1, RFC 9110 §12.4.2
qvalue          = "0" [ "." *3DIGIT ] / "1" [ "." *3"0" ]
"""
