"""What short trainings came to, without any training."""

from arllie_deploy.results.short_trainings import Measured


def made_up(ratios: dict[str, list[float]]) -> list[Measured]:
    return [
        Measured(name, seed, {}, "d1", ratio, ratio / 30, 0.01, 60.0)
        for name, values in ratios.items()
        for seed, ratio in enumerate(values)
    ]
