"""How far an artifact of a general network may be from the network."""

from dataclasses import dataclass, fields

from arllie_deploy.errors import ArllieError


@dataclass(frozen=True)
class Limits:
    """The gate's limits; a network may only tighten the defaults.

    Attributes:
        fp32_max_abs: largest absolute difference of an fp32 artifact, in units of the value range.
        fp16_db: smallest PSNR of an fp16 artifact against the network.
        int8_db: the same for int8.
        int8_lost_db: what an int8 artifact may lose of the task's own metric.
    """

    fp32_max_abs: float = 1e-4
    fp16_db: float = 50.0
    int8_db: float = 35.0
    int8_lost_db: float = 0.3

    def __post_init__(self) -> None:
        for field in fields(self):
            given, default = getattr(self, field.name), field.default
            tighter = given >= default if field.name in ("fp16_db", "int8_db") else given <= default
            if not tighter:
                raise ArllieError(
                    f"limit {field.name} of {given:g} is looser than {default:g}; it may only be tightened"
                )
