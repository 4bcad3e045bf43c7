"""Grammars written as ABNF (RFC 5234), for SIP and for HTTP: notation, matching, diagnosis."""
