"""MobileIE after its re-parameterization: four convolutions of twelve channels, two gates and two attentions.

f = conv5(y) to 12, prelu, conv; a gate; conv; a gate; global attention g = sigmoid(conv1(mean of each channel)); local
attention p = sigmoid(conv1(largest channel of g·f)) to 12; z = conv(g · p · f) to 3. A gate is (α u)(β u) + b with two
trained scalars and twelve trained shifts. conv5 is 5×5, conv 3×3, conv1 1×1; there is no clamp at the end.

The convolutions and the prelu are 4,047 weights, which is the 4.05 K of the paper; the gates' 28 make 4,075. Its 0.924
GMAC at 600×400 are the convolutions' 0.919 and one operation per value of the prelu and of the mean.

Facts from: Yan et al., "MobileIE: An Extremely Lightweight and Effective ConvNet for Real-Time Image Enhancement on
Mobile Devices", ICCV 2025 (arXiv 2507.01838); its code, github.com/AVC2-UESTC/MobileIE, was not at hand: the shape was
looked up in a reproduction that loads it, github.com/38260/MobileIE-repro, and in a public fork.
"""

from arllie_deploy.bench.peers.base import Peer
from arllie_deploy.bench.peers.graph import GraphWriter, Value

_WIDTH = 12


def _gate(graph: GraphWriter, source: Value) -> Value:
    left, right = (graph.apply("Mul", source, graph.trained([1], around=1.0)) for _ in range(2))
    return graph.apply("Add", graph.apply("Mul", left, right), graph.trained([1, _WIDTH, 1, 1], around=0.0))


def _build(graph: GraphWriter, frame: Value) -> Value:
    head = graph.apply("PRelu", graph.conv(frame, _WIDTH, 5), graph.trained([_WIDTH, 1, 1], around=0.25))
    features = _gate(graph, graph.conv(head, _WIDTH))
    features = _gate(graph, graph.conv(features, _WIDTH))
    mean = graph.apply("GlobalAveragePool", features)
    wanted = graph.apply("Sigmoid", graph.conv(mean, _WIDTH, 1))
    largest = graph.node("ReduceMax", graph.apply("Mul", wanted, features).name, axes=[1], keepdims=1)
    places = graph.apply("Sigmoid", graph.conv(Value(largest, 1), _WIDTH, 1))
    return graph.conv(graph.apply("Mul", graph.apply("Mul", places, wanted), features), 3)


ROW = Peer(
    name="mobile-ie",
    title="MobileIE",
    parameters=4_075,
    published="4.05 K, without the 28 of its gates",
    macs=7_937_740_944,
    pixel_bytes=420,
    blocked=True,
    paper="arXiv 2507.01838",
    repository="github.com/38260/MobileIE-repro, a reproduction",
    build=_build,
)
