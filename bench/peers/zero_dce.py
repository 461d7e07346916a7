"""Zero-DCE++: a curve map estimated on the frame reduced twelve times, applied to the whole frame eight times.

The frame is reduced (bilinear). Seven depthwise-separable convolutions (3×3 per channel, then 1×1), 3 → 32, three times
32 → 32, twice 64 → 32, 64 → 3: the fifth sees the third and fourth, the sixth the second and fifth, the last the first
and sixth; relu after each, tanh after the last. The map r is enlarged (bilinear, corners aligned), and eight times
z = z + r (z² − z). 10,561 weights.

The released code cuts the frame to a multiple of 12; here the map is enlarged to the frame's size, whatever it is.

Facts from: Li et al., "Learning to Enhance Low-Light Image via Zero-Reference Deep Curve Estimation", TPAMI 2021 (arXiv
2103.00860); code github.com/Li-Chongyi/Zero-DCE_extension.
"""

from arllie_deploy.bench.peers.base import Peer
from arllie_deploy.bench.peers.graph import GraphWriter, Value

_REDUCTION, _WIDTH, _CURVES = 12, 32, 8


def _separable(graph: GraphWriter, source: Value, outputs: int) -> Value:
    return graph.conv(graph.conv(source, source.channels, groups=source.channels), outputs, 1)


def _curve_map(graph: GraphWriter, reduced: Value) -> Value:
    def layer(*sources: Value) -> Value:
        source = sources[0] if len(sources) == 1 else graph.concatenate(*sources)
        return graph.apply("Relu", _separable(graph, source, _WIDTH))

    first = layer(reduced)
    second = layer(first)
    third = layer(second)
    fourth = layer(third)
    fifth = layer(third, fourth)
    sixth = layer(second, fifth)
    return graph.apply("Tanh", _separable(graph, graph.concatenate(first, sixth), 3))


def _build(graph: GraphWriter, frame: Value) -> Value:
    scales = graph.fixed([1, 1, 1 / _REDUCTION, 1 / _REDUCTION])
    reduced = graph.apply("Resize", frame, "", scales, mode="linear")
    size = graph.node("Shape", frame.name)
    curve = graph.apply(
        "Resize",
        _curve_map(graph, reduced),
        "",
        "",
        size,
        mode="linear",
        coordinate_transformation_mode="align_corners",
    )
    result = frame
    for _ in range(_CURVES):
        bent = graph.apply("Sub", graph.apply("Mul", result, result), result)
        result = graph.apply("Add", result, graph.apply("Mul", curve, bent))
    return result


ROW = Peer(
    name="zero-dce-pp",
    title="Zero-DCE++",
    parameters=10_561,
    published="10,561",
    macs=145_080_000,
    pixel_bytes=120,
    blocked=True,
    paper="arXiv 2103.00860",
    repository="github.com/Li-Chongyi/Zero-DCE_extension",
    build=_build,
)
