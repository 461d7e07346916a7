from dataclasses import replace

import numpy as np
import pytest
from support.networks import packaged_lw_isp
from support.pictures import scene

from arllie_deploy.quality.psnr import psnr
from arllie_deploy.quality.sensor import NOISELESS
from arllie_deploy.raw import PATTERNS
from arllie_deploy.raw.develop import develop
from arllie_deploy.raw.unprocess import draw_camera, unprocess
from arllie_deploy.results import lw_isp_raw as raw


@pytest.fixture(scope="module")
def shots() -> list[raw.Shot]:
    return raw.take([scene(0, 96, 72), scene(1, 81, 65)])


def test_every_picture_has_a_camera_of_its_own_and_the_same_one_each_time(shots: list[raw.Shot]) -> None:
    again = raw.take([scene(0, 96, 72), scene(1, 81, 65)])
    assert [np.array_equal(a.noisy.mosaic, b.noisy.mosaic) for a, b in zip(shots, again, strict=True)] == [True, True]
    assert shots[0].clean.color_matrix != shots[1].clean.color_matrix
    assert [shot.picture.shape for shot in shots] == [(72, 96, 3), (64, 80, 3)]
    assert all(not np.array_equal(shot.clean.mosaic, shot.noisy.mosaic) for shot in shots)


def test_a_better_pipeline_has_better_scores_and_noise_costs_some(shots: list[raw.Shot]) -> None:
    pipelines = raw.classical()
    assert list(pipelines) == ["bilinear", "malvar", raw.LIBRAW]
    assert pipelines["malvar"] is not None
    assert pipelines["bilinear"] is not None
    malvar, bilinear = (raw.score(shots, one) for one in (pipelines["malvar"], pipelines["bilinear"]))
    assert malvar.clean_psnr > bilinear.clean_psnr > bilinear.noisy_psnr > 15.0
    assert 1.0 > malvar.clean_ssim > malvar.noisy_ssim > 0.0
    assert malvar.seconds > 0.0


def test_scores_are_means_over_the_pictures(shots: list[raw.Shot]) -> None:
    def off_by(levels: int) -> raw.Pipeline:
        truth = {id(frame): shot.picture for shot in shots for frame in (shot.clean, shot.noisy)}
        return lambda frame, _: (truth[id(frame)] ^ levels).astype(np.uint8)

    assert raw.score(shots, off_by(1)).clean_psnr == pytest.approx(20 * np.log10(255.0))
    assert raw.score(shots, off_by(2)).noisy_psnr == pytest.approx(20 * np.log10(255.0 / 2))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_colors_of_libraw_are_rendered_as_all_others(pattern: str) -> None:
    rows, columns = np.mgrid[0:64, 0:80] / 80.0
    smooth = np.stack([0.2 + 0.5 * rows, 0.3 + 0.4 * columns, 0.5 - 0.2 * rows], 2)
    camera = replace(draw_camera(np.random.default_rng(3)), sensor=NOISELESS, pattern=pattern)
    picture = np.round(255 * smooth).astype(np.uint8)
    frame = unprocess(picture, camera, 0)
    made = raw.develop_by_libraw(frame, camera.rendering)
    assert psnr(made, develop(frame, camera.rendering)) > 40.0
    assert psnr(made, picture) > 40.0


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # torch's exporter warns about itself
def test_a_network_takes_the_place_of_the_demosaicing(shots: list[raw.Shot]) -> None:
    pipeline = raw.pipeline_of(packaged_lw_isp("raw"))
    made = pipeline(shots[0].noisy, shots[0].rendering)
    assert (made.shape, made.dtype) == ((72, 96, 3), np.uint8)
    assert raw.score(shots, pipeline).noisy_psnr < 30.0


def test_who_cannot_run_is_named_with_the_reason() -> None:
    text = raw.raw_table({"malvar": raw.RawScore(31.0, 0.9, 26.125, 0.7, 0.081), raw.LIBRAW: None, "lw-isp-raw": None})
    assert "| malvar | 26.12 | 0.700 | 31.00 | 0.900 | 0.08 |" in text
    assert f"| {raw.LIBRAW} | rawpy is not installed |" in text
    assert "| lw-isp-raw | no network file |" in text
