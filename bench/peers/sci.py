"""SCI, self-calibrated illumination: the network that is left at inference, three convolutions of three channels.

f = relu(conv(y)); f = f + relu(norm(conv(f))); x = clamp(sigmoid(conv(f)) + y, 1e-4, 1); z = clamp(y / x, 0, 1).
All convolutions are 3×3, 3 → 3. 3 · 84 weights and the 6 of the normalization are 258.

Facts from: Ma et al., "Toward Fast, Flexible, and Robust Low-Light Image Enhancement", CVPR 2022 (arXiv 2204.10137);
code github.com/vis-opt-group/SCI, looked up in public copies of its network.
"""

from arllie_deploy.bench.peers.base import Peer
from arllie_deploy.bench.peers.graph import GraphWriter, Value


def _build(graph: GraphWriter, frame: Value) -> Value:
    features = graph.apply("Relu", graph.conv(frame, 3))
    normalized = graph.normalize(graph.conv(features, 3), graph.normalization(3))
    features = graph.apply("Add", features, graph.apply("Relu", normalized))
    added = graph.apply("Add", graph.apply("Sigmoid", graph.conv(features, 3)), frame)
    return graph.clamp(graph.apply("Div", frame, graph.clamp(added, 1e-4, 1)), 0, 1)


ROW = Peer(
    name="sci",
    title="SCI",
    parameters=258,
    published="258",
    macs=503_884_800,
    pixel_bytes=100,
    blocked=False,
    paper="arXiv 2204.10137",
    repository="github.com/vis-opt-group/SCI",
    build=_build,
)
