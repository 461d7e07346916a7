import pytest

from arllie_deploy.bench.accelerators import accelerator_of, fallback_reason, is_emulator


@pytest.mark.parametrize(
    ("said", "accelerator"),
    [
        ("onnxruntime on the CPU", "cpu"),
        ("LiteRT with XNNPACK", "cpu"),
        ("onnxruntime on CUDA", "cuda"),
        ("onnxruntime on the CPU: it offers no CUDAExecutionProvider here", "cpu"),
        ("onnxruntime on the CPU: the graph cannot run on CUDA", "cpu"),
        ("onnxruntime on TensorRT", "tensorrt"),
        ("torch on CUDA, eager: NVIDIA H200", "cuda"),
        ("ncnn on Vulkan: llvmpipe", "vulkan"),
        ("Qualcomm HTP emulator (x86), never a device", "htp-emulator"),
        ("qemu-hexagon, never a device: the HVX kernel for v68", "hexagon-emulator"),
    ],
)
def test_what_computed_is_read_from_the_engines_words(said: str, accelerator: str) -> None:
    assert accelerator_of(said) == accelerator


def test_an_emulator_is_not_what_it_emulates() -> None:
    assert fallback_reason("htp", "Qualcomm HTP emulator (x86), never a device") is not None
    assert fallback_reason("hexagon", "qemu-hexagon, never a device") is not None
    assert is_emulator(accelerator_of("qemu-hexagon, never a device"))
    assert not is_emulator("hexagon")


def test_a_silent_fallback_is_named_with_both() -> None:
    reason = fallback_reason("cuda", "onnxruntime on the CPU: it offers no CUDAExecutionProvider here")
    assert reason is not None
    assert "asked for cuda" in reason
    assert "on the CPU" in reason
    assert fallback_reason("cpu", "onnxruntime on the CPU") is None
    assert fallback_reason("cpu", "torch on CUDA, eager: a card") is not None
