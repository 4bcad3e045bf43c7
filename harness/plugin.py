"""The pytest plugin: a thin adapter between pytest and the harness."""
