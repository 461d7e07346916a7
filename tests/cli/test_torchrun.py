import pytest
from support.commands import run_apart

SPEAK_ONCE = "from arllie_deploy.cli.torchrun import speak_once\nspeak_once()"


@pytest.mark.parametrize(
    ("environment", "speaks"),
    [
        ((), True),
        (("LOCAL_RANK=1",), True),
        (("TORCHELASTIC_RUN_ID=x", "LOCAL_RANK=0"), True),
        (("TORCHELASTIC_RUN_ID=x", "LOCAL_RANK=1"), False),
    ],
)
def test_the_first_process_of_torchrun_speaks_alone(environment: tuple[str, ...], speaks: bool) -> None:
    within = ["env", *environment]
    helped = run_apart("enhance", ["--help"], before=SPEAK_ONCE, within=within)
    refused = run_apart("enhance", ["none.png"], before=SPEAK_ONCE, within=within)
    assert (helped.status, refused.status) == (0, 2)
    assert bool(helped.out) == bool(refused.err) == speaks
