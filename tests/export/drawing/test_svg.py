import xml.etree.ElementTree as ElementTree
from collections import Counter
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy import ArllieError
from arllie_deploy.export.drawing.families import MEANINGS, family_of
from arllie_deploy.export.drawing.graph_picture import MOST_NODES, GraphPicture, Node, Value, capped
from arllie_deploy.export.drawing.svg import COLORS, STYLE, draw, legend

SVG = "{http://www.w3.org/2000/svg}"
ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=60)


@st.composite
def pictures(draw_: Any) -> GraphPicture:
    """Any graph: constants, several outputs, values read often, twice or never."""
    values = [Value(draw_(ANY_TEXT), "float32", (1, "height", 3)) for _ in range(draw_(st.integers(1, 3)))]
    inputs = tuple(range(len(values)))
    ready, nodes = list(inputs), []
    for _ in range(draw_(st.integers(0, 12))):
        read: list[int | None] = draw_(st.lists(st.sampled_from(ready), max_size=4))
        if draw_(st.booleans()):
            read = [*read, None, len(values)]
            values.append(Value(draw_(ANY_TEXT), "int8", (3,), (0.1,) * 3, (0,) * 3))
        made = list(range(len(values), len(values) + draw_(st.integers(1, 3))))
        values += [Value(draw_(ANY_TEXT), "int8", (1,), (0.5,), (-3,)) for _ in made]
        ready += made
        kind = draw_(st.one_of(st.sampled_from(["Conv", "ADD", "ethos-u"]), ANY_TEXT))
        nodes.append(Node(kind, tuple(read), tuple(made), ((draw_(ANY_TEXT), draw_(ANY_TEXT)),)))
    outputs = tuple(draw_(st.lists(st.sampled_from(ready), max_size=2, unique=True)))
    return GraphPicture(tuple(values), inputs, outputs, tuple(nodes))


def chain(length: int) -> GraphPicture:
    """Operators in a row, each also reading the input."""
    nodes = tuple(Node("Add", (place, 0), (place + 1,)) for place in range(length))
    return GraphPicture(tuple(Value(f"v{place}") for place in range(length + 1)), (0,), (length,), nodes)


def boxes(root: ElementTree.Element) -> dict[str, tuple[float, float, float, float]]:
    """Number -> left, top, right, bottom."""
    found = {}
    for group in root.iter(f"{SVG}g"):
        frame = group.find(f"{SVG}rect")
        assert frame is not None
        x, y, width, height = (float(frame.attrib[name]) for name in ("x", "y", "width", "height"))
        found[group.attrib["data-box"]] = (x, y, x + width, y + height)
    return found


def edges(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [path for path in root.iter(f"{SVG}path") if path.attrib["class"] == "edge"]


@given(pictures(), ANY_TEXT)
def test_every_operator_is_drawn_once_and_every_edge_leads_down_from_box_to_box(
    picture: GraphPicture, title: str
) -> None:
    text = draw(picture, title)
    assert text == draw(picture, title)
    root = ElementTree.fromstring(text)
    found = boxes(root)
    groups = Counter(group.attrib["class"] for group in root.iter(f"{SVG}g"))
    assert groups["operator"] == len(picture.nodes)
    assert len(found) == len(picture.inputs) + len(picture.nodes) + len(picture.outputs) == groups.total()
    first = len(picture.inputs)
    made_by = {value: str(number) for number, value in enumerate(picture.inputs)}
    made_by.update({value: str(first + number) for number, node in enumerate(picture.nodes) for value in node.outputs})
    read = [(first + place, value) for place, node in enumerate(picture.nodes) for value in node.inputs]
    given = [(first + len(picture.nodes) + place, value) for place, value in enumerate(picture.outputs)]
    expected = [(made_by[value], str(box)) for box, value in [*read, *given] if value in made_by]
    drawn = [(edge.attrib["data-from"], edge.attrib["data-to"]) for edge in edges(root)]
    assert Counter(drawn) == Counter(expected)
    for source, target in drawn:
        assert found[source][3] < found[target][1], "an edge leads downward"


@given(pictures())
def test_nothing_overlaps_and_all_lies_inside(picture: GraphPicture) -> None:
    root = ElementTree.fromstring(draw(picture, ""))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    places = list(boxes(root).values())
    for left, top, right, bottom in places:
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
    for one, other in combinations(places, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_an_edge_says_type_shape_and_scale_and_a_box_lists_its_constants() -> None:
    values = (
        Value("x", "int8", (1, 48, 64, 3), (1 / 255,), (-128,)),
        Value("kernel", "int8", (3, 3, 3, 3), (0.1, 0.2, 0.3), (0, 0, 0)),
        Value("one", "float32", (), contents="1"),
        Value("y", "uint8", (1, "height", "?")),
    )
    picture = GraphPicture(values, (0,), (3,), (Node("CONV_2D", (0, 1, 2), (3,), (("padding", "SAME"),)),))
    texts = ["".join(element.itertext()) for element in ElementTree.fromstring(draw(picture, "t")).iter(f"{SVG}text")]
    assert "xint8 1×48×64×3" in texts  # after the name that is shown when pointed at
    assert "xscale 0.00392157, zero −128" in texts
    assert "yuint8 1×height×?" in texts
    for row in ("kernel int8 3×3×3×3, 3 scales", "one float32 1", "padding SAME"):
        assert row in texts


def test_operands_arrive_in_their_order() -> None:
    values = tuple(Value(name) for name in "abcd")
    for read in ((0, 1), (1, 0)):
        picture = GraphPicture(values, (0, 1), (2,), (Node("Div", read, (2,)),))
        ends = {
            edge.attrib["data-from"]: float(edge.attrib["d"].split("C")[1].split()[4]) if "C" in edge.attrib["d"]
            else float(edge.attrib["d"][1:].split()[0])
            for edge in edges(ElementTree.fromstring(draw(picture, "t")))
            if edge.attrib["data-to"] == "2"
        }  # fmt: skip
        assert ends[str(read[0])] < ends[str(read[1])]


def test_what_is_beyond_the_cap_is_counted_in_one_box_that_is_connected() -> None:
    whole = chain(MOST_NODES + 7)
    shown = capped(whole)
    assert len(shown.nodes) == MOST_NODES + 1
    rest = shown.nodes[-1]
    assert rest == Node("… 7 more operators", (MOST_NODES, 0), (MOST_NODES + 7,), (("Add", "× 7"),))
    assert "… 7 more operators" in draw(whole, "t")
    assert capped(chain(MOST_NODES)) == chain(MOST_NODES)
    assert len(draw(whole, "t")) < 500_000


@pytest.mark.parametrize(
    "nodes",
    [
        (Node("Add", (2,), (1,)), Node("Add", (1,), (2,))),
        (Node("Add", (0,), (1,)), Node("Mul", (0,), (1,))),
        (Node("Add", (1,), (0,)),),
    ],
)
def test_a_graph_that_cannot_be_executed_is_refused(nodes: tuple[Node, ...]) -> None:
    with pytest.raises(ArllieError, match="a damaged graph"):
        GraphPicture(tuple(Value(name) for name in "abc"), (0,), (), nodes)


def test_every_family_has_a_color_that_white_text_is_readable_on() -> None:
    assert set(COLORS) == set(MEANINGS)
    for family, color in COLORS.items():
        assert f".graph .{family}" in STYLE
        shares = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (luminance + 0.05) >= 4.5, family


@pytest.mark.parametrize(
    ("kinds", "family"),
    [
        (("Conv", "CONV_2D", "Convolution"), "layer"),
        (("Clip", "RELU_0_TO_1", "Sigmoid", "LOGISTIC"), "activation"),
        (("DequantizeLinear", "DEQUANTIZE", "FakeQuantize"), "type"),
        (("EPContext", "ethos-u"), "compiled"),
        (("NeverHeardOf", ""), "other"),
    ],
)
def test_the_same_operator_has_one_color_in_every_format(kinds: tuple[str, ...], family: str) -> None:
    assert {family_of(kind) for kind in kinds} == {family}
    picture = GraphPicture((Value("x"), Value("y")), (0,), (1,), (Node(kinds[0], (0,), (1,)),))
    assert legend([picture]) == f'<p class="legend"><span class="key {family}"></span>{MEANINGS[family]}</p>'
