from dataclasses import replace

from support.bench_rows import MACHINE, made_result, measured_row, unavailable_row
from support.pictures import scene

from arllie_deploy.bench.device_facts import DeviceFacts
from arllie_deploy.bench.report_html import to_html
from arllie_deploy.bench.report_markdown import to_markdown
from arllie_deploy.bench.report_timing import device_facts, floor_sentence, group_sentences
from arllie_deploy.bench.result import Result
from arllie_deploy.bench.row import Row


def row(group: int | None = 0, device: str = "this machine", x_ort_fp32: float | None = 1.0) -> Row:
    return replace(measured_row(), group=group, device=device, x_ort_fp32=x_ort_fp32)


def fleet(*rows: Row) -> Result:
    """Of a desk whose copies were timed, and of a phone, where they were not."""
    made = made_result(*rows)
    desk = DeviceFacts(kind="local", complete=True, machine=MACHINE, tools={}, floor=made.floor)
    phone = DeviceFacts(kind="adb", complete=False, machine=None, tools={}, floor=None)
    return replace(made, floor=None, devices={"desk": desk, "phone": phone})


def test_the_page_says_what_the_outputs_were_compared_with() -> None:
    one_layer, frame = made_result(row()), scene(8, 6)
    network = replace(one_layer, model=replace(one_layer.model, epilogue="network"))
    pages = [to_html(result, frame, frame).decode() for result in (one_layer, network)]
    assert ["compared with the float64 reference first" in page for page in pages] == [True, False]
    assert "compared with the network's own graph, computed as it is written, first" in pages[1]


def test_one_group_says_that_all_were_resident_together() -> None:
    (said,) = group_sentences(made_result(row(), row(), unavailable_row()))
    assert said == (
        "1 group: the engines of all 2 timed rows were resident together, and the copy of the frame and onnxruntime "
        "fp32 had a turn in every round of theirs."
    )


def test_several_groups_say_how_many_rows_each_has_and_what_it_repeats() -> None:
    (said,) = group_sentences(made_result(row(1), row(0), row(0), row(2), row(2), row(2)))
    assert said.startswith("3 groups of 2, 1 and 3 rows, one after the other")
    assert "the copy of the frame and onnxruntime fp32 were timed again in each" in said


def test_without_a_baseline_only_the_copy_is_repeated() -> None:
    (said,) = group_sentences(made_result(row(0, x_ort_fp32=None), row(1, x_ort_fp32=None)))
    assert "the copy of the frame was timed again in each" in said
    assert "onnxruntime" not in said


def test_what_was_timed_in_no_group_is_not_spoken_of() -> None:
    assert group_sentences(made_result(row(None), unavailable_row())) == []


def test_a_fleet_has_groups_and_floor_of_each_device() -> None:
    result = fleet(row(device="desk"), row(device="host"), row(1, device="host"), row(None, device="phone"))
    assert [said.partition(":")[0] for said in group_sentences(result)] == ["desk", "host"]
    assert "rounds: desk: 0.2 ms between the same two buffers (hot), 0.5 ms in rotation over 8" in floor_sentence(
        result
    )
    assert "phone" not in floor_sentence(result)


def test_a_fleet_without_any_copy_says_so() -> None:
    result = replace(fleet(unavailable_row()), devices={})
    assert floor_sentence(result) == "The copy of a frame was not timed in this run."


def test_each_device_says_what_it_is_and_whether_it_came_to_its_end() -> None:
    told = dict(device_facts(fleet(row(device="desk"))))
    assert told["Device desk"] == "local, Made CPU & Sons <1>, x86_64, 2 cores, Linux 6.1"
    assert told["Device phone"] == "adb, interrupted"


def test_page_and_markdown_carry_them() -> None:
    result = fleet(row(device="desk"), row(1, device="desk"))
    page, markdown = to_html(result, scene(1), scene(1)).decode(), to_markdown(result).decode()
    assert "<p>desk: 2 groups of 1 and 1 rows" in page
    assert "<dt>Device desk</dt><dd>local, Made CPU &amp; Sons &lt;1&gt;" in page
    assert "was not timed in this run" not in page
    assert "One frame copied on desk: 0.2 ms hot, 0.5 ms cold." in markdown
