"""Why an address cannot be listened on, in words."""

from __future__ import annotations

import errno

from harness.model import Peer


def explain(peer: Peer, error: OSError) -> str:
    """What is wrong with an address, and what to do about it."""
    what = f"cannot listen on {peer} ({peer.transport.value})"
    if error.errno == errno.EADDRINUSE:
        return f"{what}: another program has this port. Stop it, or choose another port (0: any)"
    if error.errno in (errno.EADDRNOTAVAIL, errno.ENODEV):
        return f"{what}: this machine has no such address. Give one of its own"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{what}: not allowed. Choose a port above 1023"
    return f"{what}: {error.strerror or error}"
