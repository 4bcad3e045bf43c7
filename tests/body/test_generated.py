"""The schemas judge what is made from them, and from the published ones, as it was made."""

from __future__ import annotations

import pytest
import xmlschema
from lxml import etree

from harness.body.catalog import catalog
from harness.body.validators import diagnosis, libxml2_errors

from .generated import Made, Maker, documents
from .reference import differs, published_schemas


def is_valid_for_both(made: Made) -> bool | None:
    """What both validators say of a document; None where they differ."""
    by_libxml2 = not libxml2_errors(etree.fromstring(made.document))
    return by_libxml2 if by_libxml2 == diagnosis().is_valid(made.document) else None


def test_both_validators_judge_every_document_as_it_was_made() -> None:
    wrong = [each for each in documents() if is_valid_for_both(each) is not each.valid]
    assert wrong == []


def test_every_declared_element_is_in_a_valid_and_in_an_invalid_document() -> None:
    valid, invalid = (
        {each.declaration for each in documents() if each.valid is is_valid}
        for is_valid in (True, False)
    )
    declared = {
        name
        for entry in catalog()
        for name in (
            each.local_name
            for each in diagnosis().maps.elements.values()
            if each.target_namespace == entry.namespace and not each.abstract
        )
    }
    assert declared <= valid
    assert declared <= invalid


@pytest.fixture(scope="module")
def published() -> xmlschema.XMLSchema10:
    found = published_schemas()
    if found is None:
        pytest.skip("PRESENCE_REFERENCE_XSD names no directory with the published schemas")
    return found


def test_published_schemas_differ_where_it_is_meant_only(published: xmlschema.XMLSchema10) -> None:
    official = [each for each in documents() if catalog().entries[each.namespace].is_official]
    other = [each for each in official if published.is_valid(each.document) is not each.valid]
    assert [each for each in other if not differs(each)] == []


def test_documents_made_from_the_published_schemas_are_judged_alike(
    published: xmlschema.XMLSchema10,
) -> None:
    made = list(Maker(published).documents())
    other = [each for each in made if is_valid_for_both(each) is not each.valid]
    assert len(made) > 4000
    assert [each for each in other if not differs(each)] == []
