from dataclasses import replace

import pytest
from support.networks import packaged_ladder

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.manifest import Status
from arllie_deploy.export.networks.export import NetworkExport, format_of, has_format, precisions_of
from arllie_deploy.export.pipeline import entry_of
from arllie_deploy.export.targets import TARGETS


def test_a_target_has_the_writer_of_its_format_or_one_of_its_own() -> None:
    formats = {name: format_of(row).name for name, row in TARGETS.items() if has_format(row)}
    assert formats["onnx-cuda"] == "onnx"
    assert formats["tflite-nnapi"] == "tflite"
    assert formats["ncnn-vulkan"] == "ncnn"
    assert formats["ethos-u"] == "ethos-u"
    assert formats["qnn-htp"] == "qnn-htp"
    assert set(TARGETS) - set(formats) == {name for name in TARGETS if name.startswith("native-")}


def test_precisions_are_those_that_both_have() -> None:
    assert precisions_of(TARGETS["onnx-cpu"]) == ("fp32", "fp16", "int8")
    assert precisions_of(TARGETS["ncnn-cpu"]) == ("fp32", "fp16")
    assert precisions_of(TARGETS["tflite-nnapi"]) == ("int8", "fp16")
    assert precisions_of(TARGETS["ethos-u"]) == ("int8",)


def test_a_target_that_carries_no_network_names_those_that_do() -> None:
    with pytest.raises(ArllieError, match=r"one-layer models only: .* a network goes to onnx-cpu, onnx-cuda"):
        NetworkExport(TARGETS["native-x86-64"], packaged_ladder(), "int8x16", (64, 48))


def test_the_size_of_the_frames_is_in_the_name_and_need_not_be_aligned() -> None:
    job = NetworkExport(TARGETS["tflite-cpu"], packaged_ladder(), "fp32", (63, 47))
    assert job.file_name == "ladder-tflite-cpu-fp32-63x47.tflite"
    with pytest.raises(ArllieError, match="at least 8"):
        NetworkExport(TARGETS["tflite-cpu"], packaged_ladder(), "fp32", (63, 7))


def test_the_manifest_has_the_networks_own_order_of_channels() -> None:
    raw = replace(packaged_ladder(), color="RGGB")
    for made, color in ((raw, "RGGB"), (packaged_ladder(), "RGB")):
        job = NetworkExport(TARGETS["onnx-cpu"], made, "fp32", (64, 48))
        assert entry_of(job, Status.UNAVAILABLE)["color"] == color
