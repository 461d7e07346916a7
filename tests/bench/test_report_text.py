import pytest

from arllie_deploy.bench.report_text import byte_size, figure, name_and_text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0.0, "0"), (0.01234, "0.0123"), (1080.4, "1080"), (12345678.0, "12345678")]
)
def test_figures_are_short_and_large_ones_written_out(value: float | None, text: str) -> None:
    assert figure(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0, "0 bytes"), (999, "999 bytes"), (2_448, "2.45 kB"), (25_300_000_000, "25.3 GB")],
)
def test_sizes_have_the_unit_that_fits(value: int | None, text: str) -> None:
    assert byte_size(value) == text


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("infer_p50_ms", 20.0, ("infer p50", "20 ms")),
        ("infer_n", 60, ("infer n", "60")),
        ("dark_psnr_db", 51.26, ("dark psnr", "51.26 dB")),
        ("sram_bytes", 1_500_000, ("sram", "1.5 MB")),
        ("cycles", 65_200_000, ("cycles", "65200000")),
        ("executed_by", "XNNPACK", ("executed by", "XNNPACK")),
        ("parity_max_abs", 1e-7, ("parity max abs", "1e-07")),
    ],
)
def test_a_column_reads_as_a_name_and_a_text_with_its_unit(
    column: str, value: object, expected: tuple[str, str]
) -> None:
    assert name_and_text(column, value) == expected
