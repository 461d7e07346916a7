"""A program that behaves like TFLite's `benchmark_model` as far as the bench can see: flags, output, files.

It knows the right output of given inputs, so that a wrong input is a wrong output.
"""

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_PROGRAM = """#!{python} -SE
import hashlib, json, os, sys
plan = json.loads({plan!r})
flags = dict(word[2:].split("=", 1) for word in sys.argv[1:])
unknown = [word for word in sys.argv[1:] if word[2:].split("=")[0] in plan["unknown"]]
for name in plan["unknown"]:
    flags.pop(name, None)
def say(level, text):
    sys.stdout.write((level + ": " if plan["prefixes"] else "") + text + "\\n")
    sys.stdout.flush()
say("INFO", "STARTING!")
if unknown:
    say("WARN", "Unconsumed cmdline flags: " + " ".join(unknown))
say("INFO", "Log parameter values verbosely: [0]")
say("INFO", "Graph: [" + flags["graph"] + "]")
for name in plan["needs_files"]:
    if not os.path.exists(os.path.join(os.environ.get("LD_LIBRARY_PATH", "/"), name)):
        say("WARN", "Could not create Hexagon delegate: platform may not support delegate or required libraries are"
            " missing")
for line in plan["log"]:
    say(*line)
if plan["crash"] is not None:
    os.kill(os.getpid(), plan["crash"])
if plan["status"]:
    say("ERROR", "Failed to allocate tensors!")
    sys.exit(plan["status"])
def statistics(calls):
    calls = [float(call) for call in calls]
    if len(set(calls)) == 1:
        return "count=%d curr=%g%s" % (len(calls), calls[0], " (all same)" if len(calls) > 1 else "")
    text = "count=%d first=%g curr=%g min=%g max=%g avg=%g std=%d" % (
        len(calls), calls[0], calls[-1], min(calls), max(calls), sum(calls) / len(calls), 7)
    return text + (" p5=%g median=%g p95=%g" % (min(calls), calls[0], max(calls)) if plan["percentiles"] else "")
say("INFO", "Loaded model " + flags["graph"])
say("INFO", "The input model file size (MB): 0.0021")
say("INFO", "Initialized session in 12.345ms.")
say("INFO", "Running benchmark for at least 1 iterations and at least 0.5 seconds but terminate if exceeding 150"
    " seconds.")
say("INFO", statistics([9000, 7000, 6500]) + "\\n")
say("INFO", "Running benchmark for at least %s iterations and at least 0 seconds" % flags["num_runs"])
say("INFO", statistics(plan["calls_us"][: int(flags["num_runs"])]) + "\\n")
say("INFO", "Inference timings in us: Init: 12345, First inference: 9000, Warmup (avg): 7500, Inference (avg): 6400")
if "report_peak_memory_footprint" in flags:
    say("INFO", "Overall peak memory footprint (MB) via periodic monitoring: 42.5")
if "output_filepath" in flags and "input_layer_value_files" in flags:
    name, _, source = flags["input_layer_value_files"].partition(":")
    digest = hashlib.sha256(open(source, "rb").read()).hexdigest()
    answer = plan["answers"].get(digest) if name == plan["input"] else None
    with open(flags["output_filepath"], "wb") as output:
        output.write(open(answer, "rb").read() if answer else bytes(plan["output_bytes"]))
"""


def nnapi_log(delegated: int, total: int, prefix: str = "NNAPI") -> list[tuple[str, str]]:
    """What the tool and the delegate say of so many nodes."""
    lines = [
        ("INFO", "NNAPI accelerators available: [qti-dsp,qti-gpu,nnapi-reference]"),
        ("INFO", f"Created TensorFlow Lite delegate for {prefix}."),
    ]
    if delegated:
        name = f"TfLite{prefix.capitalize()}Delegate"
        words = f"Replacing {delegated} out of {total} node(s) with delegate ({name}) node, yielding 1 partitions"
        lines.append(("VERBOSE", f"{words} for the whole graph."))
    if delegated == total:
        said = f"Explicitly applied {prefix} delegate, and the model graph will be completely executed by the delegate."
    elif delegated:
        said = (
            f"Explicitly applied {prefix} delegate, and the model graph will be partially executed by the delegate "
            "w/ 1 delegate kernels."
        )
    else:
        said = f"Though {prefix} delegate is explicitly applied, the model graph will not be executed by the delegate."
    left = total - delegated
    rest = f"Replacing {left} out of {left} node(s) with delegate (TfLiteXNNPackDelegate) node, yielding 1 partitions"
    return [*lines, ("INFO", said), *([("VERBOSE", f"{rest} for the whole graph.")] if left else [])]


def write_benchmark_model(
    path: Path,
    *,
    answers: Mapping[bytes, bytes],
    log: Sequence[tuple[str, str]],
    input_name: str = "input",
    calls_us: Sequence[float] = (6400.0, 6600.0),
    unknown: Sequence[str] = (),
    prefixes: bool = True,
    percentiles: bool = True,
    needs_files: Sequence[str] = (),
    status: int = 0,
    crash: int | None = None,
    output_bytes: int = 1,
) -> Path:
    """Write the program.

    Args:
        path: of the program; the answers lie beside it.
        answers: contents of the input -> contents of the output.
        log: (level, text) of the delegates.
        input_name: of the graph's input.
        calls_us: the times of the calls.
        unknown: flags that this version does not know.
        prefixes: whether lines begin with their level.
        percentiles: whether the version prints them.
        needs_files: that must lie where the linker looks.
        status: with which it ends before it has run.
        crash: signal by which it ends before it has run.
        output_bytes: zeros that it writes for an input that it does not know.
    """
    files = {}
    for number, (source, result) in enumerate(answers.items()):
        answer = path.with_name(f"{path.name}.answer-{number}")
        answer.write_bytes(result)
        files[hashlib.sha256(source).hexdigest()] = str(answer)
    plan: dict[str, Any] = {
        "answers": files,
        "log": list(log),
        "input": input_name,
        "calls_us": list(calls_us),
        "unknown": list(unknown),
        "prefixes": prefixes,
        "percentiles": percentiles,
        "needs_files": list(needs_files),
        "status": status,
        "crash": crash,
        "output_bytes": output_bytes,
    }
    path.write_text(_PROGRAM.format(python=sys.executable, plan=json.dumps(plan)))
    return path
