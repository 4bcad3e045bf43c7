"""The generated page of schemas is that of the schemas and the corpus there are."""

from __future__ import annotations

from docs.generate_schemas import PAGE, page


def test_page_of_schemas_is_up_to_date() -> None:
    assert page() == PAGE.read_text(encoding="utf-8"), "run: python -m docs.generate_schemas"
