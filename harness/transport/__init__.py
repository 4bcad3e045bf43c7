"""Sockets and the clock: the only package of the harness that has them."""
