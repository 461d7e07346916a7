"""How the rows of a result were timed, in sentences: their groups, and the copy of a frame under each device."""

from collections import Counter
from collections.abc import Iterator

from arllie_deploy.bench.floor import FloorTimes
from arllie_deploy.bench.report_text import byte_size, figure
from arllie_deploy.bench.result import ModelFacts, Result
from arllie_deploy.bench.row import THIS_MACHINE, Row
from arllie_deploy.networks.network import Network

_COPY_AND_BASELINE = "the copy of the frame and onnxruntime fp32"


def group_sentences(result: Result) -> list[str]:
    """One sentence per device whose rows were timed in groups: how many these were, and what each repeated."""
    by_device: dict[str, list[Row]] = {}
    for row in result.rows:
        if row.group is not None:
            by_device.setdefault(row.device, []).append(row)
    return [_groups(device, rows) for device, rows in by_device.items()]


def floors_of(result: Result) -> dict[str, FloorTimes]:
    """Device -> the copy of a frame there, for those on which it was timed."""
    floors = {THIS_MACHINE: result.floor, **{name: facts.floor for name, facts in result.devices.items()}}
    return {device: floor for device, floor in floors.items() if floor is not None}


def floor_sentence(result: Result) -> str:
    """What copying a frame took on each device, or that it was not timed."""
    floors = floors_of(result)
    found = [
        f"{_on(device)}{figure(floor.copy_hot_ms.p50)} ms between the same two buffers (hot), "
        f"{figure(floor.copy_cold_ms.p50)} ms in rotation over {floor.pairs} pairs of buffers "
        f"(cold, {byte_size(2 * floor.pairs * floor.frame_bytes)})"
        for device, floor in floors.items()
    ]
    if not found:
        return "The copy of a frame was not timed in this run."
    frame_bytes = next(iter(floors.values())).frame_bytes
    copy = f"The floor is the copy of one uint8 frame ({byte_size(frame_bytes)}), timed in the same rounds"
    return f"{copy}: {'; '.join(found)}."


def reference_named(model: ModelFacts) -> str:
    """What the outputs were compared with."""
    network = "the network's own graph, computed as it is written,"
    return network if model.epilogue == Network.epilogue else "the float64 reference"


def device_facts(result: Result) -> Iterator[tuple[str, str]]:
    """The devices of a fleet that gave a result: name -> what each is, for people."""
    for name, facts in result.devices.items():
        told = [facts.kind]
        if facts.machine is not None:
            told += [
                facts.machine.cpu,
                facts.machine.architecture,
                f"{facts.machine.cores} cores",
                facts.machine.system,
            ]
        if facts.phone is not None:
            told += [text for text in (facts.phone.model, facts.phone.soc) if text]
        if not facts.complete:
            told.append("interrupted")
        yield f"Device {name}", ", ".join(told)


def _groups(device: str, rows: list[Row]) -> str:
    counts = Counter(row.group for row in rows if row.group is not None)
    baseline = any(row.x_ort_fp32 is not None for row in rows)
    repeated, were = (_COPY_AND_BASELINE, "were") if baseline else ("the copy of the frame", "was")
    if len(counts) == 1:
        return (
            f"{_on(device)}1 group: the engines of all {len(rows)} timed rows were resident together, and {repeated} "
            "had a turn in every round of theirs."
        )
    *others, last = [str(counts[number]) for number in sorted(counts)]
    return (
        f"{_on(device)}{len(counts)} groups of {', '.join(others)} and {last} rows, one after the other, because their "
        f"engines did not fit into half the free memory together; {repeated} {were} timed again in each, and a row's "
        "ratios are to those of its own group."
    )


def _on(device: str) -> str:
    return "" if device == THIS_MACHINE else f"{device}: "
