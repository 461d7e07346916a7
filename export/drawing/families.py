"""Families of operators, which share a color in drawings, whatever each format calls them."""

OTHER = "other"
# Kinds without case, underscores and hyphens: CONV_2D is conv2d.
_KINDS = {
    "layer": "conv conv2d convolution convolutiondepthwise convinteger convtranspose qlinearconv depthwiseconv2d "
    "groupconvolution transposeconv deconvolution deconvolutiondepthwise convolutionbackpropdata fullyconnected gemm "
    "matmul batchmatmul innerproduct einsum lstm gru",
    "activation": "relu relu6 relun1to1 relu0to1 leakyrelu prelu elu selu gelu sigmoid logistic hardsigmoid tanh "
    "hardswish swish mish softmax logsoftmax softplus clip clamp",
    "arithmetic": "add sub subtract mul multiply div divide min minimum max maximum exp log neg negative abs "
    "sqrt rsqrt pow power square squareddifference sum binaryop unaryop eltwise floor ceil round sin cos reciprocal",
    "pooling": "maxpool maxpool2d averagepool averagepool2d avgpool pooling globalaveragepool globalmaxpool reducemean "
    "reducemax reducemin reducesum reducel2 mean reduction reduceprod",
    "normalization": "batchnormalization batchnorm instancenormalization instancenorm layernormalization layernorm "
    "groupnormalization groupnorm l2normalization lrn normalizel2 mvn",
    "shape": "reshape transpose permute concat concatenation split splitv variadicsplit slice stridedslice crop pad "
    "padv2 mirrorpad padding squeeze unsqueeze expanddims flatten expand tile broadcast broadcastto depthtospace "
    "spacetodepth pixelshuffle reorg interp interpolate resize resizebilinear resizenearestneighbor upsample gather "
    "gathernd shape shapeof pack unpack identity",
    "type": "quantizelinear dequantizelinear dynamicquantizelinear quantize dequantize requantize fakequantize cast "
    "convert",
    "compiled": "epcontext ethosu",
}
_FAMILIES = {kind: family for family, kinds in _KINDS.items() for kind in kinds.split()}
# What a legend says of each.
MEANINGS = {
    "layer": "with weights",
    "activation": "activation",
    "arithmetic": "arithmetic",
    "pooling": "pooling, reduction",
    "normalization": "normalization",
    "shape": "shape, order",
    "type": "conversion of type",
    "compiled": "compiled for an NPU",
    OTHER: "other",
}


def family_of(kind: str) -> str:
    """The family of an operator, a key of `MEANINGS`."""
    return _FAMILIES.get(kind.lower().replace("_", "").replace("-", ""), OTHER)
