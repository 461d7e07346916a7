"""`python -P -m arllie_deploy.results.quality`: scores what is committed and writes the page and its raw numbers."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from arllie_deploy.atomic import ensure_folder
from arllie_deploy.errors import ArllieError
from arllie_deploy.models import find_model
from arllie_deploy.results.page import Origin, fingerprint, write_numbers, write_page
from arllie_deploy.results.quality.entries import AUTOMATIC, Enhance, enhance_with, refuse_uncommitted, seeds, shipped
from arllie_deploy.results.quality.other_pictures import EXPOSURES, PictureSet, darkened, folder_set, packaged_set
from arllie_deploy.results.quality.report import CHAMPION, TITLE, OtherRow, parts
from arllie_deploy.results.quality.scores import load_pairs, pair_files, score
from arllie_deploy.results.quality.steadiness import flicker_of

COMMAND = "make results-quality"
PAGE, NUMBERS = "quality.md", "quality.json"
# What the second table compares: the fixed and the adaptive default.
_MODELS = ("arllie-lol", CHAMPION)
_SEED = 0


def main(arguments: Sequence[str]) -> int:
    """Run the command line; the exit status."""
    options = _parse(arguments)
    try:
        write(options.pairs, options.pictures, options.weights, options.out)
    except ArllieError as error:
        print(f"quality: error: {error}", file=sys.stderr)  # noqa: T201 - this is the program's voice
        return error.exit_code
    return 0


def write(pairs: Path, pictures: Sequence[Path], weights: Path, out: Path) -> None:
    """Score everything and replace page and numbers in `out`."""
    ensure_folder(out)
    entries = [*shipped(), *seeds(weights)]
    refuse_uncommitted(sorted(weights.glob("*.safetensors")))
    frames = load_pairs(pairs)
    automatic = {name: score(frames, enhance) for name, enhance in AUTOMATIC.items()}
    scored = {entry.name: score(frames, enhance_with(entry.model)) for entry in entries}
    others = other_rows([packaged_set(), *(folder_set(folder) for folder in pictures)])
    steadiness = {name: flicker_of(find_model(name)) for name in _MODELS}
    origin = Origin(
        COMMAND,
        data={"test pairs": fingerprint(pair_files(pairs))},
        models={entry.name: entry.model.sha256 for entry in entries},
        packages=["numpy", "onnxruntime", "scikit-image"],
    )
    numbers = {
        "test_pairs": {name: asdict(value) for name, value in {**automatic, **scored}.items()},
        "other_pictures": [
            {"pictures": row.pictures, "ev": row.ev, **{name: asdict(value) for name, value in row.scores.items()}}
            for row in others
        ],
        "flicker": {name: found.to_json() for name, found in steadiness.items()},
    }
    write_numbers(out / NUMBERS, numbers, origin)
    write_page(out / PAGE, TITLE, parts(automatic, entries, scored, others, steadiness), origin)


def other_rows(sets: Sequence[PictureSet]) -> list[OtherRow]:
    """The second table: every set at every exposure."""
    enhancers: dict[str, Enhance] = {**AUTOMATIC, **{name: enhance_with(find_model(name)) for name in _MODELS}}
    rows = []
    for each in sets:
        for ev in EXPOSURES:
            frames = list(darkened(each.pictures, ev, _SEED))
            scores = {name: score(frames, enhance) for name, enhance in enhancers.items()}
            rows.append(OtherRow(each.name, len(each.pictures), ev, scores))
    return rows


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="quality", description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True, help="LOL's test pairs, with low/ and high/")
    parser.add_argument("--pictures", type=Path, nargs="*", default=[], help="folders of well-lit pictures")
    parser.add_argument("--weights", type=Path, default=Path("docs/results/weights"), help="the seeds' weights")
    parser.add_argument("--out", type=Path, default=Path("docs/results"), help="folder of the page")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
