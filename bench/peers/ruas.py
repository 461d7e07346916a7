"""RUAS, searched unrolling: three illumination cells, and for LOL's weights three denoising cells after them.

An illumination cell sees h: first the largest of each pixel and its neighbors right, below and across, later the same
of the last result u less (u − y) / 2. With s = leaky relu of slope 0.05:
a = s(h), r = s(conv1(h) + 2h), b = s(dilated(r) + r), q = s(conv(r) + r), c = s(conv(q)), d = s(conv(s(2q)));
t = clamp(sigmoid(conv1(a, b, c, d)), 1e-3, 1); u = clamp(y / t, 0, 1). Three channels, 387 weights, three times 1,161.

The denoiser lifts u to six channels (3×3), passes three cells and subtracts what a 3×3 convolution makes of them. Its
cell: a = s(conv1(h) + h), r = s(conv1(h) + 2h), b = s(dilated(r) + r), q = s(2r), c = s(conv1(q) + q),
d = s(s(conv1(q) + 2q)); conv1(a, b, c, d). 648 weights a cell, 2,277 in all; with the illumination 3,438.
conv is 3×3, conv1 is 1×1, dilated is 3×3 with dilation 2.

Facts from: Liu et al., "Retinex-inspired Unrolling with Cooperative Prior Architecture Search for Low-light Image
Enhancement", CVPR 2021 (arXiv 2012.05609); code github.com/KarelZhang/RUAS, whose weights `upe` and `dark` show the
result before the denoiser and `lol` the one after it.
"""

from arllie_deploy.bench.peers.base import Build, Peer
from arllie_deploy.bench.peers.graph import GraphWriter, Value

_CELLS = 3


def _leaky(graph: GraphWriter, value: Value) -> Value:
    return graph.apply("LeakyRelu", value, alpha=0.05)


def _plus(graph: GraphWriter, *values: Value) -> Value:
    total = values[0]
    for value in values[1:]:
        total = graph.apply("Add", total, value)
    return total


def _largest(graph: GraphWriter, value: Value) -> Value:
    # Padding counts as zero there and as nothing here: the same, for no value is negative.
    return graph.apply("MaxPool", value, kernel_shape=[2, 2], pads=[0, 0, 1, 1], strides=[1, 1])


def _illumination_cell(graph: GraphWriter, h: Value) -> Value:
    a = _leaky(graph, h)
    r = _leaky(graph, _plus(graph, graph.conv(h, 3, 1), h, h))
    b = _leaky(graph, _plus(graph, graph.conv(r, 3, dilation=2), r))
    q = _leaky(graph, _plus(graph, graph.conv(r, 3), r))
    c = _leaky(graph, graph.conv(q, 3))
    d = _leaky(graph, graph.conv(_leaky(graph, _plus(graph, q, q)), 3))
    return graph.conv(graph.concatenate(a, b, c, d), 3, 1)


def _denoising_cell(graph: GraphWriter, h: Value) -> Value:
    a = _leaky(graph, _plus(graph, graph.conv(h, 6, 1), h))
    r = _leaky(graph, _plus(graph, graph.conv(h, 6, 1), h, h))
    b = _leaky(graph, _plus(graph, graph.conv(r, 6, dilation=2), r))
    q = _leaky(graph, _plus(graph, r, r))
    c = _leaky(graph, _plus(graph, graph.conv(q, 6, 1), q))
    d = _leaky(graph, _leaky(graph, _plus(graph, graph.conv(q, 6, 1), q, q)))
    return graph.conv(graph.concatenate(a, b, c, d), 6, 1)


def _illuminate(graph: GraphWriter, frame: Value) -> Value:
    half, result = graph.fixed(0.5), frame
    for cell in range(_CELLS):
        h = _largest(graph, result)
        if cell > 0:
            h = graph.apply("Sub", h, graph.apply("Mul", graph.apply("Sub", result, frame), half))
        light = graph.clamp(graph.apply("Sigmoid", _illumination_cell(graph, h)), 1e-3, 1)
        result = graph.clamp(graph.apply("Div", frame, light), 0, 1)
    return result


def _illuminate_and_denoise(graph: GraphWriter, frame: Value) -> Value:
    lit = _illuminate(graph, frame)
    features = graph.conv(lit, 6)
    for _ in range(_CELLS):
        features = _denoising_cell(graph, features)
    return graph.apply("Sub", lit, graph.conv(features, 3))


def _peer(weights: str, *, parameters: int, macs: int, pixel_bytes: int, build: Build) -> Peer:
    return Peer(
        name=f"ruas-{weights}",
        title=f"RUAS {weights}",
        parameters=parameters,
        published=f"{parameters:,}",
        macs=macs,
        pixel_bytes=pixel_bytes,
        blocked=False,
        paper="arXiv 2012.05609",
        repository="github.com/KarelZhang/RUAS",
        build=build,
    )


DARK = _peer("dark", parameters=1_161, macs=2_295_475_200, pixel_bytes=240, build=_illuminate)
LOL = _peer("lol", parameters=3_438, macs=6_774_451_200, pixel_bytes=430, build=_illuminate_and_denoise)
