"""The project's own U-Nets, lightened: they are built, deployed and started from as the full ones."""

import pytest
import torch
from torch import nn

from arllie_deploy import ArllieError
from arllie_deploy.models.light_modules import light_lw_isp, light_sad_unet
from arllie_deploy.models.light_modules.lighten import lighten, parameters
from arllie_deploy.models.light_modules.modules import List
from arllie_deploy.models.lw_isp import deploy as lw_isp_deploy
from arllie_deploy.models.lw_isp.config import LwIspConfig
from arllie_deploy.models.lw_isp.network import LwIsp
from arllie_deploy.models.sad_unet import deploy as sad_unet_deploy
from arllie_deploy.models.sad_unet.config import SadUnetConfig
from arllie_deploy.models.sad_unet.network import SadUnet

SAD_UNET = {"width": 0.25, "stem": 16, "expansion": 1, "residual": "affine", "gain": 8.0}
LW_ISP = {"width": 0.25, "doubling": "nearest"}
SYSTEMS = {"sad-unet": (light_sad_unet, sad_unet_deploy, SAD_UNET), "lw-isp": (light_lw_isp, lw_isp_deploy, LW_ISP)}


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_form_for_inference_is_the_same_function_and_can_be_started_from(name: str) -> None:
    system, deploying, arguments = SYSTEMS[name]
    torch.manual_seed(0)
    network, y = system.build(arguments).double().eval(), torch.rand(1, 3, 64, 32, dtype=torch.float64)
    form = system.build_deployed(**arguments).double()
    form.load_state_dict(deploying.deploy(network).state_dict())  # type: ignore[arg-type]  # each its own
    torch.manual_seed(1)
    other = system.build(arguments).double().eval()
    deploying.adopt(other, form.state_dict())  # type: ignore[arg-type]  # as above
    assert any(isinstance(part, List) for part in form.modules())
    with torch.inference_mode():
        torch.testing.assert_close(form(y), network(y), rtol=0, atol=1e-9)
        torch.testing.assert_close(other(y), network(y), rtol=0, atol=1e-9)


def test_arguments_have_their_defaults_and_unknown_ones_are_refused() -> None:
    made = light_sad_unet.arguments_of({"width": 0.5, "light": {"keep": ["first", "last", "extract"], "groups": 4}})
    assert made["light"] == {
        "keep": ["first", "last", "extract"], "form": "linear", "sampling": "bilinear", "dilated": "gsat", "groups": 4,
    }  # fmt: skip
    assert {**made, "light": None} == {**SadUnetConfig(width=0.5).to_json(), "light": None}
    assert light_sad_unet.arguments_of(made) == made
    for light, message in (({"grups": 4}, "unknown key 'grups'"), (4, "light is 4"), ({"keep": "first"}, "keep is")):
        with pytest.raises(ArllieError, match=message):
            light_lw_isp.arguments_of({"light": light})


def test_a_layer_of_the_sad_unet_is_kept_where_the_arguments_say_so() -> None:
    kept = light_sad_unet.build({**SAD_UNET, "light": {"keep": ["first", "last", "extract.detail"]}})
    lists = [name for name, part in kept.named_modules() if isinstance(part, List)]
    assert lists == ["stem.2"]


@pytest.mark.parametrize(("doubling", "shuffled"), [("shuffle", 3), ("nearest", 0)])
def test_upsampling_by_a_function_is_kept_in_lw_isp(doubling: str, shuffled: int) -> None:
    full = LwIsp(LwIspConfig(doubling=doubling))
    report = lighten(full, example=torch.zeros(1, 3, 32, 32)).report
    reasons = [layer.kept for layer in report.layers]
    assert sum("an nn.PixelShuffle could be taken out" in reason for reason in reasons) == shuffled
    assert sum("never called" in reason for reason in reasons) == 1
    assert report.after.parameters < (0.5 if shuffled else 0.3) * report.before.parameters
    twice = next(layer for layer in report.layers if layer.name == "u1.fine.conv")
    assert twice.before.macs == 2 * 9 * 64 * 64 * 8 * 8


def test_little_of_the_sad_unet_is_a_full_convolution() -> None:
    """Its blocks are depthwise-separable already: the report says so, and what is left."""
    report = lighten(SadUnet(SadUnetConfig()), example=torch.zeros(1, 3, 32, 32)).report
    assert [layer.name for layer in report.replaced] == ["stem.2", "extract.0"]
    assert report.before.parameters - report.after.parameters == (36_928 - 2_288) + (2_320 - 188)
    reasons = {layer.kept for layer in report.layers if layer.kept}
    assert reasons == {"it is the first one", "it is the last one", "its kernel is 1×1"}


def test_parts_of_a_frame_are_held_as_in_the_full_network() -> None:
    torch.manual_seed(0)
    held = light_lw_isp.build_held(**LW_ISP)
    frame = torch.rand(1, 3, 32, 32)
    values = torch.zeros(1, held.size, 1, 1)
    enhanced, *maps = held(frame, values)
    assert enhanced.shape == (1, 3, 32, 32)
    assert sum(part.shape[1] for part in maps) == held.size
    assert parameters(held) == parameters(nn.ModuleList([light_lw_isp.build_deployed(**LW_ISP)]))
