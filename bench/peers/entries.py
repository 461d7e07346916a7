"""Peers and foreign files as rows to be: what can be timed, or the row that says why it cannot."""

from __future__ import annotations

from pathlib import Path

from arllie_deploy.atomic import ensure_folder, write_bytes
from arllie_deploy.bench.backends.base import Entry
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.machine import available_memory_bytes
from arllie_deploy.bench.peers import PEERS, Peer
from arllie_deploy.bench.peers.inspection import inspect
from arllie_deploy.bench.status import Status
from arllie_deploy.errors import ArllieError, UnavailableError

# What such a row says where others have their distance from the reference.
NO_REFERENCE = "no reference: parity not judged"
_OPENERS = {False: "arllie_deploy.bench.peers.foreign:ONNX", True: "arllie_deploy.bench.peers.foreign:ONNX_BLOCKED"}
_FULL_HD = 1920 * 1080
# Half a minute for one frame on two cores; a row needs about a dozen.
_MOST_MACS = 1_000_000_000_000
# The interpreter and onnxruntime.
_FIXED_BYTES = 150_000_000


def foreign_entries(path: Path, subject: Subject) -> list[Entry]:
    """The rows of `--model FILE`: the file, after the run's own model in onnxruntime, which ratios are to.

    Raises:
        ArllieError: as `foreign_entry`.
    """
    baseline = Candidate(backend="cpu", runtime="onnxruntime", size=subject.size_text, threads=subject.threads)
    return [baseline, foreign_entry(path, subject)]


def foreign_entry(path: Path, subject: Subject) -> Entry:
    """A file that somebody brought.

    Args:
        path: an .onnx or .tflite file.
        subject: the run.

    Raises:
        ArllieError: if it cannot be timed at any size (`inspect`).
    """
    found = inspect(path)
    candidate = Candidate(
        backend="cpu",
        runtime=found.runtime,
        opener=found.opener,
        model=path.name,
        unjudged=NO_REFERENCE,
        precision=found.interface.precision,
        artifact=path.absolute(),
        size=subject.size_text,
        threads=subject.threads,
    )
    if found.interface.takes(subject.size):
        return candidate
    reason = f"{path.name} holds {found.interface.size_text}, the frames are {subject.size_text}; give that --size"
    return candidate.row(Status.UNAVAILABLE, reason=reason)


def peer_entries(subject: Subject, out: Path, available_bytes: int | None = None) -> list[Entry]:
    """Every row of the table of peers, its graph written to `out` first.

    Args:
        subject: the run.
        out: folder of the graphs; an older one of the same name with the same bytes is left alone.
        available_bytes: of memory, instead of what this machine has.

    Raises:
        ArllieError: if a file of a peer's name is in the way.
    """
    available = available_memory_bytes() if available_bytes is None else available_bytes
    return [_peer_entry(peer, subject, out, available) for peer in PEERS.values()]


def _peer_entry(peer: Peer, subject: Subject, out: Path, available_bytes: int | None) -> Entry:
    candidate = Candidate(
        backend="cpu",
        runtime="onnxruntime",
        opener=_OPENERS[peer.blocked],
        model=peer.label,
        unjudged=f"random weights, {NO_REFERENCE}",
        artifact=(out / peer.file_name).absolute(),
        size=subject.size_text,
        threads=subject.threads,
    )
    reason = too_much(peer, subject.size, available_bytes)
    if reason is None:
        try:
            write_graph(peer, out)
            return candidate
        except UnavailableError as error:
            reason = str(error)
    return candidate.row(Status.UNAVAILABLE, reason=reason)


def too_much(peer: Peer, size: tuple[int, int], available_bytes: int | None) -> str | None:
    """Why a peer is not run at `size` (width, height); None if nothing is against it."""
    pixels = size[0] * size[1]
    macs, needed = peer.macs * pixels // _FULL_HD, _FIXED_BYTES + peer.pixel_bytes * pixels
    if macs > _MOST_MACS:
        return f"{macs / 1e9:.0f} GMAC a frame would take minutes; choose a smaller --size"
    # The run's other engines are resident at the same time.
    if available_bytes is not None and needed > available_bytes / 2:
        free, want = (f"{value / 1e9:.1f} GB" for value in (available_bytes, needed))
        return f"needs about {want} of memory beside the other engines, {free} are free; choose a smaller --size"
    return None


def write_graph(peer: Peer, out: Path) -> Path:
    """Write a peer's graph, unless these very bytes are there already.

    Raises:
        UnavailableError: if the package that writes ONNX is not installed.
        ArllieError: if another file has its name.
    """
    try:
        from arllie_deploy.bench.peers.graph import to_model

        data = to_model(peer).SerializeToString(deterministic=True)
    except ModuleNotFoundError:
        raise UnavailableError(f'{peer.label}: onnx is not installed: pip install "arllie-deploy[export]"') from None
    ensure_folder(out)
    path = out / peer.file_name
    if not path.exists():
        write_bytes(path, data)
    elif path.read_bytes() != data:
        raise ArllieError(f"{path}: holds something else than this peer's graph; remove it or choose another --out")
    return path
