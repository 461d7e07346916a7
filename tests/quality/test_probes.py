import pytest
from support.enhancers import random_enhancer
from support.picture_files import random_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import to_unit
from arllie_deploy.quality.noise_gain import noise_gain
from arllie_deploy.quality.probes import PROBES
from arllie_deploy.quality.subject import Subject

ENHANCER = random_enhancer()
FRAME = random_pixels(12, 20) // 8
OUTPUT = ENHANCER.enhance(FRAME)


def test_every_row_measures_the_subject() -> None:
    subject = Subject(ENHANCER.enhance, lambda frame: ENHANCER.reference(to_unit(frame)))
    found = {name: row.measure(subject, FRAME, OUTPUT) for name, row in PROBES.items()}
    gain = noise_gain(ENHANCER.enhance, FRAME, OUTPUT)
    assert found == {
        "noise-gain": gain,
        "noise-gain-relative": pytest.approx(gain * FRAME.mean() / OUTPUT.mean()),
        "border-error": pytest.approx(0.0, abs=1e-9),
        "interior-error": pytest.approx(0.0, abs=1e-9),
    }


def test_an_error_is_the_outputs_not_that_of_the_definition() -> None:
    subject = Subject(ENHANCER.enhance, lambda frame: ENHANCER.reference(to_unit(frame)))
    assert PROBES["border-error"].measure(subject, FRAME, 255 - OUTPUT) > 5.0
    assert PROBES["interior-error"].measure(subject, FRAME, 255 - OUTPUT) > 5.0


def test_without_a_definition_there_is_no_error_to_measure() -> None:
    with pytest.raises(ArllieError, match="no float64 definition"):
        PROBES["border-error"].measure(Subject(ENHANCER.enhance), FRAME, OUTPUT)
