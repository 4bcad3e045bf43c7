"""Captures: pcap and pcapng files in and out, and the messages inside them."""
