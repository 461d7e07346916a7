import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy.export.drawing.placement import spread

POSITION = st.floats(-1e3, 1e3)


@given(st.lists(st.tuples(POSITION, st.floats(0.5, 8), st.floats(0, 200)), min_size=1, max_size=8), st.data())
def test_positions_keep_their_gaps_and_nothing_nearer_does(
    items: list[tuple[float, float, float]], data: st.DataObject
) -> None:
    wanted, weights, gaps = (np.array(column) for column in zip(*items, strict=True))
    found = np.array(spread(wanted, weights, gaps[1:]))
    assert np.all(np.diff(found) >= gaps[1:] - 1e-6)
    cost = np.sum(weights * (found - wanted) ** 2)
    # The allowed positions are a convex set: no step towards another one of them may cost less.
    start = data.draw(POSITION)
    wider = data.draw(st.lists(st.floats(0, 50), min_size=len(items) - 1, max_size=len(items) - 1))
    other = start + np.concatenate([[0.0], np.cumsum(gaps[1:] + np.array(wider))])
    for share in (0.01, 0.3, 1.0):
        moved = found + share * (other - found)
        assert np.sum(weights * (moved - wanted) ** 2) >= cost - 1e-6 * max(1.0, cost)


def test_what_fits_stays_where_it_wants_to_be() -> None:
    assert spread([0.0, 10.0, 30.0], [1.0, 1.0, 1.0], [5.0, 5.0]) == [0.0, 10.0, 30.0]
    assert spread([0.0, 0.0], [1.0, 3.0], [8.0]) == [-6.0, 2.0]
