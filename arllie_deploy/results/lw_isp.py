"""`docs/results/lw_isp.md`: LW-ISP beside classical pipelines, filters and one-layer models; what a teacher adds."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from arllie_deploy.atomic import ensure_folder
from arllie_deploy.models import find_model
from arllie_deploy.networks.network import Network
from arllie_deploy.pictures.folder import picture_files
from arllie_deploy.results import lw_isp_denoising as denoising
from arllie_deploy.results import lw_isp_distillation as distillation
from arllie_deploy.results import lw_isp_raw as raw
from arllie_deploy.results.drawn_scene import drawn_scene
from arllie_deploy.results.lw_isp_cost import cost_table, count
from arllie_deploy.results.lw_isp_pictures import (
    clean_split,
    draw_crops,
    find_networks,
    held_out,
    of_each,
    read_folder,
    refuse_seen,
    whole_split,
)
from arllie_deploy.results.page import Origin, fingerprint, table, write_numbers, write_page
from arllie_deploy.results.program import as_program
from arllie_deploy.results.quality.entries import Enhance, enhance_with
from arllie_deploy.results.quality.scores import Score, load_pairs, pair_files, score
from arllie_deploy.results.short_trainings import Measured
from arllie_deploy.runtimes.network import OpenedNetwork

_COMMAND = "python -P -m arllie_deploy.results.lw_isp --data LOL --denoise DENOISE --out docs/results"
_PACKAGES = ("torch", "onnxruntime", "numpy", "rawpy", "scikit-image", "matplotlib")
LOW_LIGHT = ("lw-isp-lol", "sad-unet")
_ONE_LAYER = ("arllie-lol", "arllie-adaptive")
_SHOWN_SIDE, _SCENES = 96, (0,)

_INTRO = (
    "What the [network](../lw_isp.md) does for a raw frame, for noise and in low light. Figures are means over "
    "pictures that it was not trained on, rounded to 8 bits as a user gets them; PSNR and SSIM as everywhere in this "
    "project."
)
_NO_ZURICH = (
    "## What cannot be said here\n\nThe Zurich RAW-to-RGB figures cannot be reproduced without that data set, which is "
    "not here: neither PyNET's 21.17 dB nor the 0.38 dB that LW-ISP's abstract claims over the best network before it. "
    "Nothing on this page is comparable with them: raw frames here are made of pictures by a known camera model, and "
    "in Zurich's set a telephone's frames are paired with another camera's pictures."
)


@dataclass(frozen=True)
class Found:
    """All that the page shows.

    Attributes:
        networks: name -> network; None where there is no file.
        raw: set of pictures -> pipeline -> score; None where it cannot run.
        noisy_sets: names of the columns of `denoised`.
        denoised: method -> PSNR on each set; None where there is no file.
        low_light: model -> score; None where there is no file.
        measured: the students.
        teacher: the teacher's file.
    """

    networks: Mapping[str, Network | None]
    raw: Mapping[str, Mapping[str, raw.RawScore | None]]
    noisy_sets: Sequence[str]
    denoised: Mapping[str, Sequence[float] | None]
    low_light: Mapping[str, Score | None]
    measured: Sequence[Measured]
    teacher: Path

    def numbers(self) -> dict[str, Any]:
        """JSON values; without the recipes, which name files of this machine."""
        return {
            "raw": {
                kind: {name: one and asdict(one) for name, one in scores.items()} for kind, scores in self.raw.items()
            },
            "denoising_psnr_db": {
                name: one and dict(zip(self.noisy_sets, one, strict=True)) for name, one in self.denoised.items()
            },
            "eval15": {name: one and asdict(one) for name, one in self.low_light.items()},
            "distillation": [one.figures() for one in self.measured],
            "costs": [{"name": row.name, "costs": [asdict(cost) for cost in row.costs]} for row in count()],
        }


def page_parts(found: Found) -> list[str]:
    """The paragraphs and tables of the page."""
    return [
        _INTRO,
        _networks_part(found.networks),
        f"## Cost\n\n{cost_table(count())}",
        _raw_part(found.raw),
        _denoising_part(found),
        _low_light_part(found.low_light),
        distillation.distillation_part(found.measured, found.teacher),
        _NO_ZURICH,
    ]


def main(arguments: Sequence[str]) -> None:
    """Make the page."""
    parser = argparse.ArgumentParser(prog="python -P -m arllie_deploy.results.lw_isp", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="LOL: folder with train/, train_crops/ and eval15/")
    parser.add_argument("--denoise", type=Path, required=True, help="folder with bsd68/ and set12/")
    parser.add_argument("--out", type=Path, default=Path("docs/results"), help="folder for the page")
    parser.add_argument("--work", type=Path, default=Path("runs/lw-isp-page"), help="keeps finished trainings")
    parser.add_argument("--models", type=Path, help="folder of NAME.safetensors, before those that ship")
    given = parser.parse_args(arguments)
    make_page(given.data, given.denoise, given.out, given.work, given.models)


def make_page(data: Path, denoise: Path, out: Path, work: Path, models: Path | None) -> None:
    """Train the students that are not trained yet, score everybody, write lw_isp.md, lw_isp.json and lw_isp.png."""
    from arllie_deploy.training.fingerprint import fingerprint as fingerprint_of_split

    ensure_folder(out)
    split = clean_split(data)
    digest = fingerprint_of_split(split)
    networks = find_networks((*raw.NETWORKS, *denoising.NETWORKS, *LOW_LIGHT), models)
    for name in (*raw.NETWORKS, *denoising.NETWORKS):
        if network := networks[name]:
            refuse_seen(network, digest)
    unseen, test = held_out(split), read_folder(data / "eval15" / "high")
    shots = {f"held-out scenes ({len(unseen)})": raw.take(unseen), f"eval15 ({len(test)})": raw.take(test)}
    sets = _noisy_sets([*unseen, *test], denoise)
    frames = whole_split(data)
    teacher = distillation.teach(frames, work)
    measured = distillation.run(distillation.ARMS, distillation.SEEDS, frames, teacher, work)
    found = Found(
        networks=networks,
        raw={kind: _score_raw(taken, networks) for kind, taken in shots.items()},
        noisy_sets=[each.name for each in sets],
        denoised=_score_denoising(sets, networks),
        low_light=_score_low_light(data / "eval15", networks),
        measured=measured,
        teacher=teacher,
    )
    origin = _origin(networks, digest, data, denoise)
    _draw(out / "lw_isp.png", networks)
    write_numbers(out / "lw_isp.json", found.numbers(), origin)
    write_page(out / "lw_isp.md", "LW-ISP: raw frames, noise, low light", page_parts(found), origin)


def _noisy_sets(color: Sequence[denoising.Frame], folder: Path) -> list[denoising.NoisySet]:
    gray = [(name, read_folder(folder / name)) for name in ("bsd68", "set12")]
    return [
        denoising.NoisySet(f"color ({len(color)}), own noise", color, denoising.as_trained),
        *(denoising.NoisySet(f"{name}, own noise", pictures, denoising.as_trained) for name, pictures in gray),
        *(denoising.NoisySet(f"{name}, gray noise", pictures, denoising.gray) for name, pictures in gray),
    ]


def _score_raw(shots: Sequence[raw.Shot], networks: Mapping[str, Network | None]) -> dict[str, raw.RawScore | None]:
    everybody = {**raw.classical(), **of_each(raw.NETWORKS, networks, raw.pipeline_of)}
    return {name: None if pipeline is None else raw.score(shots, pipeline) for name, pipeline in everybody.items()}


def _score_denoising(
    sets: Sequence[denoising.NoisySet], networks: Mapping[str, Network | None]
) -> dict[str, Sequence[float] | None]:
    everybody = {**denoising.baselines(), **of_each(denoising.NETWORKS, networks, denoising.denoiser_of)}
    return {name: None if denoise is None else denoising.score(sets, denoise) for name, denoise in everybody.items()}


def _score_low_light(pairs: Path, networks: Mapping[str, Network | None]) -> dict[str, Score | None]:
    frames = load_pairs(pairs)
    everybody: dict[str, Enhance | None] = {
        "the input itself": lambda frame: frame,
        **{name: enhance_with(find_model(name)) for name in _ONE_LAYER},
        **of_each(LOW_LIGHT, networks, _enhance_with_network),
    }
    return {name: None if enhance is None else score(frames, enhance) for name, enhance in everybody.items()}


def _enhance_with_network(network: Network) -> Enhance:
    return OpenedNetwork(network, 1).run


def _networks_part(networks: Mapping[str, Network | None]) -> str:
    rows = []
    for name, network in networks.items():
        if network is None or network.figures is None:
            rows.append([name, "no network file", "", ""])
            continue
        steps = network.provenance.get("recipe", {}).get("steps")
        width = network.arguments.get("width", 1.0)
        rows.append([name, f"{width:g}", f"{network.figures.parameters:,}", "" if steps is None else f"{steps:,}"])
    lead = (
        "A row that says `no network file` has no weights yet: nothing is known of it, and its other rows say so too."
    )
    return f"{lead}\n\n{table(['network', 'width', 'parameters', 'steps of its last training'], rows)}"


def _raw_part(scores: Mapping[str, Mapping[str, raw.RawScore | None]]) -> str:
    tables = [f"### {kind}\n\n{raw.raw_table(found)}" for kind, found in scores.items()]
    return "\n\n".join(
        [
            "## RAW to RGB",
            "Pictures made raw by [unprocessing](../raw.md), each by a random camera, with and without its noise (12 "
            "bits, RGGB, the same frames in every row). All rows go through the same color matrix, exposure and tone "
            "curve: a row differs in how it gets three colors out of one, and in what becomes of the noise. The "
            "classical ones do not denoise. The pictures were demosaiced once themselves and stored with 8 bits.",
            "The held-out scenes are frames of 150×100, averaged down, and crops at full resolution; they were not "
            "trained on, but chose the step whose weights are kept. eval15 (600×400, the well-lit pictures) chose "
            "nothing.",
            *tables,
            "Seconds are processor time from the frame in memory to the picture of 8 bits, one thread, the least of "
            "any noisy picture; LibRaw's have a file in them that is written and read.",
            "![a classical pipeline, the network, the truth: a drawn scene](lw_isp.png)",
        ]
    )


def _denoising_part(found: Found) -> str:
    return "\n\n".join(
        [
            f"## Denoising, σ = {denoising.SIGMA:g}",
            "`own noise`: each channel has its own, clipped and rounded to 8 bits, which is what the network was "
            "trained on. `gray noise`: that of gray benchmarks, the same in all three channels, neither clipped nor "
            "rounded, given as floats; the network was not trained on it and has no gray form, so do not compare it "
            "with networks for gray pictures. Color pictures are the held-out scenes and eval15's well-lit ones. "
            "bsd68 and set12 are gray pictures, repeated as three channels: with own noise that is three readings of "
            "each pixel, easier than color. The filter's width and the strength of non-local means are the best of a "
            "few on training crops.",
            denoising.denoising_table(found.noisy_sets, found.denoised),
        ]
    )


def _low_light_part(scores: Mapping[str, Score | None]) -> str:
    rows = [
        [name, *(["no network file", ""] if one is None else [f"{one.psnr:.2f}", f"{one.ssim:.3f}"])]
        for name, one in scores.items()
    ]
    return (
        "## Low light\n\nLOL's test pairs (eval15) at 600×400, none of whose scenes was trained on. They are scored "
        "once for this page; nothing was chosen by them.\n\n" + table(["", "PSNR (dB)", "SSIM"], rows)
    )


def _origin(networks: Mapping[str, Network | None], digest: str, data: Path, denoise: Path) -> Origin:
    sets = {name: fingerprint(picture_files(denoise / name)) for name in ("bsd68", "set12")}
    return Origin(
        _COMMAND,
        {"clean pictures and their split": digest, "eval15": fingerprint(pair_files(data / "eval15")), **sets},
        {name: network.sha256 for name, network in networks.items() if network},
        _PACKAGES,
    )


def _draw(path: Path, networks: Mapping[str, Network | None]) -> None:
    """A drawn picture, noisy: the best classical pipeline there is, the network, the truth."""
    shots = raw.take([drawn_scene(_SHOWN_SIDE, seed) for seed in _SCENES])
    name, network = raw.NETWORKS[0], networks[raw.NETWORKS[0]]
    classical = {title: pipeline for title, pipeline in raw.classical().items() if pipeline}
    best = raw.LIBRAW if raw.LIBRAW in classical else "malvar"
    shown = {best: classical[best], **({name: raw.pipeline_of(network)} if network else {})}
    columns = [(title, [pipeline(shot.noisy, shot.rendering) for shot in shots]) for title, pipeline in shown.items()]
    draw_crops(path, [*columns, ("truth", [shot.picture for shot in shots])], _SHOWN_SIDE)


if __name__ == "__main__":
    as_program(main)
