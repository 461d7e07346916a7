from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from arllie_deploy import ArllieError
from arllie_deploy.models.lw_isp.config import LwIspConfig
from arllie_deploy.models.lw_isp.deploy import deploy
from arllie_deploy.models.lw_isp.distillation import Guidance, Teacher, Weights, taught
from arllie_deploy.models.lw_isp.network import LEVELS, LwIsp, Pass

CONFIG = LwIspConfig(width=0.25)


def passes(config: LwIspConfig = CONFIG) -> tuple[LwIsp, Teacher, Pass, Pass]:
    """A student and a teacher, and what they make of a picture and its clean counterpart."""
    torch.manual_seed(0)
    student, teacher = LwIsp(config), Teacher(config)
    frame = torch.rand(1, config.input_channels, 32, 32)
    clean = torch.rand(1, 3, 32 * config.scale, 32 * config.scale)
    return student, teacher, student.run(frame), teacher.run(clean)


@pytest.mark.parametrize("head", ["enhancement", "denoising", "raw"])
def test_the_teacher_has_the_student_s_sizes_at_twice_its_channels(head: str) -> None:
    _, teacher, student, told = passes(LwIspConfig(width=0.25, head=head))
    assert teacher.network.config.shortcuts == "inner"
    assert told.enhanced.shape == student.enhanced.shape
    for own, wanted in zip(student.levels, told.levels, strict=True):
        assert wanted.shape == (1, 2 * own.shape[1], *own.shape[2:])


def test_the_teacher_of_a_raw_student_sees_the_clean_picture_packed() -> None:
    torch.manual_seed(0)
    teacher, clean = Teacher(LwIspConfig(width=0.25, head="raw")).eval(), torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        assert teacher(clean).shape == clean.shape
        torch.testing.assert_close(teacher(clean), teacher.network(functional.pixel_unshuffle(clean, 2)))


@pytest.mark.parametrize("head", ["enhancement", "raw"])
def test_gradients_reach_the_student_and_what_widens_its_features_only(head: str) -> None:
    config = LwIspConfig(width=0.25, head=head)
    student, teacher, own, told = passes(config)
    guidance = Guidance(config)
    guidance(own, told).backward()
    assert all(values.grad is None for values in teacher.parameters())
    for module in (student, guidance):
        missing = [name for name, values in module.named_parameters() if values.grad is None]
        assert missing == []
        assert max(values.grad.abs().max().item() for values in module.parameters() if values.grad is not None) > 0.0


def test_what_a_trained_teacher_tells_has_no_gradients() -> None:
    _, teacher, _, _ = passes()
    told = taught(teacher, torch.rand(1, 3, 32, 32))
    assert not told.enhanced.requires_grad
    assert not any(level.requires_grad for level in told.levels)


def test_the_terms_are_mean_absolute_differences_weighed_and_added() -> None:
    _, _, own, told = passes()
    guidance = Guidance(CONFIG, ("d7", "d9"), Weights(features=0.5, reconstruction=2.0))
    features = [
        (guidance.widen[level](own.levels[place]) - told.levels[place]).abs().mean()
        for level, place in (("d7", 1), ("d9", 3))
    ]
    wanted = 0.5 * (features[0] + features[1]) + 2.0 * (own.enhanced - told.enhanced).abs().mean()
    torch.testing.assert_close(guidance(own, told), wanted)


def test_a_weight_of_zero_leaves_a_term_out() -> None:
    student, _, own, told = passes()
    Guidance(CONFIG, weights=Weights(features=0.0))(own, told).backward()
    assert student.last.d10.weight.grad is not None
    torch.testing.assert_close(
        Guidance(CONFIG, (), Weights(reconstruction=1.0))(own, told), (own.enhanced - told.enhanced).abs().mean()
    )


def test_a_student_that_gives_what_it_is_told_costs_nothing() -> None:
    _, _, own, told = passes()
    guidance = Guidance(CONFIG)
    with torch.no_grad():
        levels = tuple(guidance.widen[name](level) for name, level in zip(LEVELS, own.levels, strict=True))
    assert guidance(own, replace(told, enhanced=own.enhanced, levels=levels)).item() == pytest.approx(0.0, abs=1e-6)


def test_distillation_leaves_nothing_in_the_form_for_inference() -> None:
    student, _, own, told = passes()
    plain = [str(part) for part in deploy(student).modules()]
    Guidance(CONFIG)(own, told).backward()
    assert [str(part) for part in deploy(student).modules()] == plain


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ArllieError, match="level 'd5': the network has d6, d7, d8, d9"):
        Guidance(CONFIG, ("d6", "d5"))


def test_a_missing_level_is_named() -> None:
    _, _, own, told = passes()
    with pytest.raises(ArllieError, match="there is no d9; the network gave 3 levels"):
        Guidance(CONFIG)(own, replace(told, levels=told.levels[:3]))


def test_a_teacher_of_another_size_is_refused() -> None:
    _, teacher, own, _ = passes()
    with pytest.raises(ArllieError, match="d6 of student and teacher are 32×4×4 and 64×8×4"):
        Guidance(CONFIG)(own, taught(teacher, torch.rand(1, 3, 64, 32)))
    with pytest.raises(ArllieError, match="d6 of student and teacher are 32×4×4 and 128×4×4"):
        Guidance(CONFIG)(own, taught(Teacher(LwIspConfig(width=0.5)), torch.rand(1, 3, 32, 32)))


def test_there_is_no_teacher_of_the_widest_network() -> None:
    with pytest.raises(ArllieError, match=r"width is 4\.0"):
        Teacher(LwIspConfig(width=2.0))
