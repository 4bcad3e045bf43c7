"""Benchmarks: how fast captures are judged, beside tshark; see docs/performance.md."""
