"""SIP without I/O: what RFC 3261 and its extensions put on the wire, read and written.

`message.parse` never raises; what could not be read is in `Message.malformed`. Writing is strict:
`message.serialize` refuses what the harness would fail a UE for.
"""
