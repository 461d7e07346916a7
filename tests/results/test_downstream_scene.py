import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy.results.downstream.backgrounds import BACKGROUNDS, background
from arllie_deploy.results.downstream.codes import qr_print, qr_text, tag_print
from arllie_deploy.results.downstream.faces import FACES, face_print
from arllie_deploy.results.downstream.scene import HEIGHT, WIDTH, Box, Pose, Print, Scene, put, through_a_lens

NUMBERS = st.floats(-50, 50)
BOXES = st.builds(
    lambda left, top, width, height: Box(left, top, left + width, top + height),
    NUMBERS,
    NUMBERS,
    st.floats(0.1, 40),
    st.floats(0.1, 40),
)
GRAY = Scene(np.full((HEIGHT, WIDTH, 3), 0.2))
WHITE = Print(np.ones((40, 40, 3)), np.ones((40, 40)), modules=8, margin=0.25)


@given(BOXES, BOXES)
def test_the_overlap_is_a_share_and_has_no_order(one: Box, other: Box) -> None:
    assert 0.0 <= one.overlap(other) <= 1.0
    assert one.overlap(other) == pytest.approx(other.overlap(one))
    assert one.overlap(one) == pytest.approx(1.0)


def test_known_overlaps() -> None:
    square = Box(0, 0, 2, 2)
    assert square.overlap(Box(1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert square.overlap(Box(1, 1, 2, 2)) == pytest.approx(1 / 4)
    assert square.overlap(Box(2, 0, 4, 2)) == 0.0
    assert Box(1, 1, 1, 1).overlap(Box(1, 1, 1, 1)) == 0.0


def test_a_print_lies_where_its_pose_says_and_nowhere_else() -> None:
    scene = put(GRAY, WHITE, Pose(x=100, y=80, side=40, roll=0), "thing")
    assert scene.light[62:98, 82:118] == pytest.approx(1.0)
    outside = np.ones((HEIGHT, WIDTH), bool)
    outside[59:101, 79:121] = False
    assert scene.light[outside] == pytest.approx(0.2)
    (target,) = scene.targets
    assert target.label == "thing"
    # A quarter of the side is margin.
    box = target.box
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((90, 70, 110, 90))


def test_a_tilt_foreshortens_across_its_axis_and_a_roll_turns() -> None:
    def size(**pose: float) -> tuple[float, float]:
        box = put(GRAY, WHITE, Pose(x=160, y=120, side=80, **{"roll": 0.0, **pose}), "thing").targets[0].box
        return box.right - box.left, box.bottom - box.top

    width, height = size(tilt=1.0)
    assert height < 0.6 * width
    assert size(tilt=1.0, axis=np.pi / 2) == pytest.approx((height, width))
    assert size(axis=0.7) == pytest.approx((40, 40))
    assert size(roll=np.pi / 4) == pytest.approx((40 * 2**0.5, 40 * 2**0.5))


def test_a_half_covering_print_lets_half_of_the_scene_through() -> None:
    veil = Print(np.ones((40, 40, 3)), np.full((40, 40), 0.5), modules=1, margin=0.0)
    scene = put(GRAY, veil, Pose(x=100, y=80, side=40, roll=0), "veil")
    assert scene.light[70:90, 90:110] == pytest.approx(0.6)


def test_a_lens_blurs_and_light_falls_off_to_one_side() -> None:
    lit = through_a_lens(GRAY, 0.5, (1.0, 0.0)).light
    assert lit[120, 0, 0] == pytest.approx(0.1, rel=0.02)
    assert lit[120, -1, 0] == pytest.approx(0.4, rel=0.02)
    sharp = put(GRAY, WHITE, Pose(x=100, y=80, side=40, roll=0), "thing")
    soft = through_a_lens(sharp, 2.0, (0.0, 0.0))
    assert np.abs(np.diff(soft.light, axis=1)).max() < np.abs(np.diff(sharp.light, axis=1)).max() / 2
    assert soft.light.mean() == pytest.approx(sharp.light.mean(), rel=1e-3)
    assert soft.targets == sharp.targets


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_a_background_is_well_lit_and_its_generator_decides_it(name: str) -> None:
    first = background(name, np.random.default_rng(4))
    assert first.shape == (HEIGHT, WIDTH, 3)
    assert first.min() >= 0.0
    assert 0.04 < first.mean() < 0.6
    assert (first == background(name, np.random.default_rng(4))).all()
    assert (first != background(name, np.random.default_rng(5))).any()


def test_codes_have_their_margins_and_differ() -> None:
    texts = {qr_text(np.random.default_rng(seed)) for seed in range(40)}
    assert len(texts) == 40
    assert {text[:4] == "ITEM" or text[:8] == "https://" or text.isdigit() for text in texts} == {True}
    for code, modules in ((qr_print("12345678"), 21 + 2 * 4), (tag_print(7), 8 + 2 * 2)):
        assert code.modules == modules
        ring = round(code.margin * code.light.shape[0])
        assert ring > 0
        assert len(np.unique(code.light[:ring])) == 1
        assert len(np.unique(code.light)) == 2
    assert (tag_print(7).light != tag_print(8).light).any()


def test_the_faces_are_a_hundred_different_pictures() -> None:
    prints = [face_print(index) for index in range(FACES)]
    assert len({thing.light.tobytes() for thing in prints}) == FACES == 100
    cover = prints[0].cover
    assert (cover[50, 50], cover[0, 0]) == (1.0, 0.0)
