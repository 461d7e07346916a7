from typing import Any

import numpy as np
import pytest

from arllie_deploy.bench.peers import PEERS, Peer
from arllie_deploy.bench.peers.graph import TRAINED, count_parameters, to_model
from arllie_deploy.networks.graph_costs import count_macs

onnx = pytest.importorskip("onnx", reason="onnx is not installed")

FULL_HD = (1920, 1080)
# Counted by others: trained numbers of the released networks, and GMAC of their convolutions at 1920x1080.
PUBLISHED = {
    "sci": (258, 0.50),
    "ruas-dark": (1_161, 2.30),
    "ruas-lol": (3_438, 6.77),
    "zero-dce-pp": (10_561, 0.15),
    "zero-ig": (86_572, 331.4),
}
each_peer = pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS)


def enhanced(model: Any, frame: np.ndarray) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    result: np.ndarray = session.run(None, {"input": frame})[0]
    return result


def without_weights(peer: Peer) -> Any:
    """The graph with every trained number at zero: what is left is the architecture's own arithmetic."""
    model = to_model(peer)
    for each in model.graph.initializer:
        if each.name.startswith(TRAINED):
            each.CopyFrom(onnx.numpy_helper.from_array(np.zeros(each.dims, np.float32), each.name))
    return model


@each_peer
def test_the_graph_has_the_numbers_that_its_row_says(peer: Peer) -> None:
    model = to_model(peer)
    assert count_parameters(model) == peer.parameters
    assert count_macs(model, FULL_HD) == peer.macs


@pytest.mark.parametrize(("name", "published"), PUBLISHED.items())
def test_the_numbers_are_the_published_ones(name: str, published: tuple[int, float]) -> None:
    parameters, gmac = published
    assert PEERS[name].parameters == parameters
    assert PEERS[name].macs / 1e9 == pytest.approx(gmac, abs=0.5 * 10 ** -len(str(gmac).partition(".")[2]))


def test_the_mobile_network_has_the_published_count_without_its_gates() -> None:
    """The paper: 4.05 K and 0.924 GMAC at 600x400, with an operation per value of the activation and of the mean."""
    peer, model = PEERS["mobile-ie"], to_model(PEERS["mobile-ie"])
    assert round((peer.parameters - 2 * (2 + 12)) / 1e3, 2) == 4.05
    assert round((count_macs(model, (600, 400)) + 2 * 12 * 600 * 400) / 1e9, 3) == 0.924


@each_peer
def test_any_size_goes_in_and_comes_out(peer: Peer) -> None:
    model = to_model(peer)
    for height, width in ((48, 60), (51, 67)):
        frame = np.random.default_rng(0).random((1, 3, height, width), np.float32)
        result = enhanced(model, frame)
        assert result.shape == frame.shape
        assert np.isfinite(result).all()
        assert np.ptp(result) > 1e-3


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sci", lambda y: np.clip(y / np.clip(0.5 + y, 1e-4, 1), 0, 1)),
        ("ruas-dark", lambda y: np.clip(2 * y, 0, 1)),
        ("ruas-lol", lambda y: np.clip(2 * y, 0, 1)),
        ("zero-ig", lambda y: np.clip(2 * (y + 1e-4), 1e-4, 1)),
        ("zero-dce-pp", lambda y: y),
        ("mobile-ie", np.zeros_like),
    ],
)
def test_what_is_not_trained_is_the_published_arithmetic(name: str, expected: Any) -> None:
    frame = np.random.default_rng(1).random((1, 3, 24, 36), np.float32)
    np.testing.assert_allclose(enhanced(without_weights(PEERS[name]), frame), expected(frame), atol=1e-6)


@each_peer
def test_the_weights_are_the_same_every_time(peer: Peer) -> None:
    first, second = (to_model(peer).SerializeToString(deterministic=True) for _ in range(2))
    assert first == second


def test_twice_the_side_is_four_times_the_work() -> None:
    model = to_model(PEERS["sci"])
    assert count_macs(model, (96, 64)) == 4 * count_macs(model, (48, 32))


@each_peer
def test_a_peer_says_that_it_is_a_shape_only(peer: Peer) -> None:
    assert peer.label == f"{peer.title} (shape only)"
    assert to_model(peer).graph.doc_string == peer.label
    assert peer.name == next(name for name, row in PEERS.items() if row is peer)
    assert peer.paper
    assert peer.repository.startswith("github.com/")
