import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arllie_deploy.reparam.operations import OPERATIONS
from arllie_deploy.reparam.structure import MAX_WIDTH, Cell, Structure
from arllie_deploy.search.drawing import draw_structure
from arllie_deploy.search.random_structure import random_structure

SVG = "{http://www.w3.org/2000/svg}"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=20))
def test_a_drawing_is_well_formed_and_names_every_cell_in_order(seed: int, title: str) -> None:
    structure = random_structure(seed)
    root = ElementTree.fromstring(draw_structure(structure, title))
    assert root.tag == f"{SVG}svg"
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert texts[0] in (title, None)
    expected = [cell.operation for branch in structure.branches for cell in branch]
    names = [element.text for element in root.iter(f"{SVG}text") if element.attrib.get("class") == "id"]
    assert [name for name in names if name in OPERATIONS] == expected
    assert sum(text is not None and text.startswith("×g") for text in texts) == len(structure.branches)
    for word in ("Σ", "+ bias", "one conv 3×3", "84 parameters"):
        assert word in texts


def test_everything_drawn_lies_inside_the_picture() -> None:
    structure = Structure(((Cell("conv1x1", True), Cell("conv3x3"), Cell("conv1x1")),) * 4, MAX_WIDTH)
    root = ElementTree.fromstring(draw_structure(structure, "x"))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for element in root.iter():
        if element.tag in (f"{SVG}rect", f"{SVG}text"):
            right = float(element.attrib["x"]) + float(element.attrib.get("width", 0))
            assert 0 <= float(element.attrib["x"]) <= right <= width
            assert 0 <= float(element.attrib["y"]) <= height


def test_norms_and_inner_widths_are_named() -> None:
    text = draw_structure(Structure(((Cell("conv1x1", True), Cell("conv3x3")),), 7), "x")
    assert ">conv1x1+norm<" in text
    assert ">7<" in text


@pytest.mark.parametrize("seed", range(20))
def test_random_structures_are_valid_and_differ(seed: int) -> None:
    structure = random_structure(seed)
    assert structure == random_structure(seed)
    assert Structure.from_json(structure.to_json()) == structure
    assert structure != random_structure(seed + 1)
