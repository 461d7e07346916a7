from support.tflite_files import FileOperator, FileTensor, bias, quantized, tflite_file, weights

from arllie_deploy.export.delegates.tflite_file import read_nodes


def test_a_node_has_its_tensors_with_types_scales_and_what_is_stored() -> None:
    kernel = weights(scales=[0.5, 0.25, 0.125], axis=3)
    options = {"stride_w": 2, "fused_activation_function": 1, "padding": 1, "depth_multiplier": 1}
    operator = FileOperator(
        "DEPTHWISE_CONV_2D", [quantized("INT8", zero_point=-128), kernel, bias()], [quantized("INT8")], 3, options
    )
    (node,) = read_nodes(tflite_file(operator))
    frame, read, offset = node.inputs
    assert frame is not None
    assert read is not None
    assert offset is not None
    assert (node.name, node.version, node.index) == ("DEPTHWISE_CONV_2D", 3, 0)
    assert (frame.type, frame.constant, frame.axis, frame.zero_points) == ("INT8", False, None, (-128,))
    assert (read.scales, read.axis, read.shape, read.constant) == ((0.5, 0.25, 0.125), 3, (3, 3, 3, 3), True)
    assert offset.type == "INT32"
    assert node.options["stride_w"] == 2
    assert node.options["fused_activation_function"] == "RELU"
    assert node.options["padding"] == "VALID"


def test_nodes_are_numbered_in_order_and_name_what_is_absent() -> None:
    frame, middle = FileTensor("FLOAT32"), FileTensor("FLOAT32")
    operators = [
        FileOperator("RELU", [frame], [middle]),
        FileOperator("PRELU", [middle, None], [FileTensor("FLOAT32")]),
    ]
    assert [node.describe() for node in read_nodes(tflite_file(*operators))] == [
        "operator 0 RELU with FLOAT32 → FLOAT32",
        "operator 1 PRELU with FLOAT32, nothing → FLOAT32",
    ]


def test_an_operator_beyond_the_first_128_is_named() -> None:
    (node,) = read_nodes(tflite_file(FileOperator("RELU_0_TO_1", [FileTensor("FLOAT32")], [FileTensor("FLOAT32")])))
    assert node.name == "RELU_0_TO_1"


def test_scalars_have_no_extents() -> None:
    (node,) = read_nodes(
        tflite_file(
            FileOperator("ADD", [FileTensor("FLOAT32"), FileTensor("FLOAT32", (), values=1)], [FileTensor("FLOAT32")])
        )
    )
    assert node.inputs[1] is not None
    assert (node.inputs[1].shape, node.inputs[1].constant) == ((), True)
