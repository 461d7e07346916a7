"""What a recipe of a network says of its pictures."""

from __future__ import annotations

from dataclasses import dataclass

from arllie_deploy.training.recipe_table import check_choice, check_range

PAIRS = "pairs"
KINDS = (PAIRS, "noisy", "raw", "clean", "smaller", "holes")


@dataclass(frozen=True)
class PicturesRecipe:
    """What the network sees of a picture.

    Attributes:
        kind: "pairs": the low frame of a pair, to make the high one of. All others need clean pictures alone: "noisy",
            with Gaussian noise; "raw", as a sensor records them, packed, to make the camera's colors of; "clean", as
            they are, which is for teachers; "smaller", at a quarter of their sides; "holes", with a part missing.
        least_sigma: of "noisy": the standard deviation is uniform between this and `most_sigma`, in levels of 255.
        most_sigma: as above.
    """

    kind: str = PAIRS
    least_sigma: float = 0.0
    most_sigma: float = 0.0

    def __post_init__(self) -> None:
        check_choice("pictures.kind", self.kind, KINDS)
        check_range("pictures.most_sigma", self.most_sigma, 0.0, 255.0)
        check_range("pictures.least_sigma", self.least_sigma, 0.0, self.most_sigma)
