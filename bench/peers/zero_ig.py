"""ZERO-IG: a denoiser before an illumination network of 64 channels, and a denoiser of frame and illumination after it.

x = y + 1e-4. l = clamp(x − first(x), 1e-4, 1). Illumination: f = relu(conv(l)), three times f = f + relu(norm(conv(f)))
with the same weights, s = clamp(sigmoid(conv(f)), 1e-4, 1). h = clamp(x / s, 1e-4, 1); p = (h, s) is six channels, and
the frame is the first three of clamp(p − second(p), 1e-4, 1).
A denoiser is conv to 48, leaky relu of slope 0.2, conv to 48, leaky relu, 1×1 back; conv is 3×3.
Illumination 40,579 weights (128 of them the normalization's), denoisers 22,275 and 23,718: 86,572.

Facts from: Shi et al., "ZERO-IG: Zero-Shot Illumination-Guided Joint Denoising and Adaptive Enhancement for Low-Light
Images", CVPR 2024; code github.com/Doyle59217/ZeroIG.
"""

import numpy as np

from arllie_deploy.bench.peers.base import Peer
from arllie_deploy.bench.peers.graph import GraphWriter, Value

_SMALLEST = 1e-4
_WIDTH, _DENOISER_WIDTH, _BLOCKS = 64, 48, 3


def _noise(graph: GraphWriter, source: Value) -> Value:
    features = source
    for _ in range(2):
        features = graph.apply("LeakyRelu", graph.conv(features, _DENOISER_WIDTH), alpha=0.2)
    return graph.conv(features, source.channels, 1)


def _denoised(graph: GraphWriter, source: Value) -> Value:
    return graph.clamp(graph.apply("Sub", source, _noise(graph, source)), _SMALLEST, 1)


def _illumination(graph: GraphWriter, source: Value) -> Value:
    features = graph.apply("Relu", graph.conv(source, _WIDTH))
    kernel, normalization = graph.kernel(_WIDTH, _WIDTH), graph.normalization(_WIDTH)
    for _ in range(_BLOCKS):
        block = graph.apply("Relu", graph.normalize(graph.convolve(features, kernel), normalization))
        features = graph.apply("Add", features, block)
    return graph.clamp(graph.apply("Sigmoid", graph.conv(features, 3)), _SMALLEST, 1)


def _build(graph: GraphWriter, frame: Value) -> Value:
    lifted = graph.apply("Add", frame, graph.fixed(_SMALLEST))
    light = _illumination(graph, _denoised(graph, lifted))
    lit = graph.clamp(graph.apply("Div", lifted, light), _SMALLEST, 1)
    both = _denoised(graph, graph.concatenate(lit, light))
    first, end, axis = (graph.fixed([value], np.int64) for value in (0, 3, 1))
    return Value(graph.node("Slice", both.name, first, end, axis), 3)


ROW = Peer(
    name="zero-ig",
    title="ZeroIG",
    parameters=86_572,
    published="86,572",
    macs=331_444_224_000,
    pixel_bytes=1_650,
    blocked=True,
    paper="CVPR 2024",
    repository="github.com/Doyle59217/ZeroIG",
    build=_build,
)
