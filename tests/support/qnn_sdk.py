"""A folder laid out as Qualcomm's AI Runtime SDK, with programs that behave like its own as far as the bench can see.

Its `qnn-net-run` really reads the context, the input list and the inputs, knows the right output of given inputs, and
refuses a context of another generation; its `qnn-profile-viewer` reads the log that the other wrote.
"""

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_RUNNER = """#!{python} -SE
import hashlib, json, os, re, sys
plan = json.loads({plan!r})
KNOWN = ["backend", "retrieve_context", "input_list", "output_dir", "num_inferences", "keep_num_outputs",
    "profiling_level", "perf_profile"]
words = sys.argv[1:]
options = dict((name[2:], value) for name, value in zip(words[::2], words[1::2]))
def stop(status, *lines):
    for line in lines:
        print("     0.0ms [ ERROR ] " + line)
    print("qnn-net-run: leaving")
    sys.exit(status)
def contents(path):
    with open(path, "rb") as source:
        return source.read()
print("qnn-net-run pid:%d" % os.getpid())
if len(words) % 2 or not set(options) <= set(KNOWN):
    stop(2, "ERROR: unknown option")
for setting in ("LD_LIBRARY_PATH", "ADSP_LIBRARY_PATH"):
    if not os.path.isdir(os.environ.get(setting, "")):
        stop(1, setting + " is no folder")
beside = set(os.listdir(os.environ["LD_LIBRARY_PATH"]))
if not {{"libQnnSystem.so", "libQnnHtpV%d%s.so" % (plan["arch"], "Stub")}} <= beside:
    stop(1, "Unable to load backend. dlerror(): library not found")
if "libQnnHtpV%dSkel.so" % plan["arch"] not in os.listdir(os.environ["ADSP_LIBRARY_PATH"]):
    stop(1, "Failed to load skel, error: 4000", "Device Creation failure")
if b"libQnnHtp.so" != contents(options["backend"]):
    stop(1, "Unable to load backend " + options["backend"])
found = re.search(rb";arch=([0-9]+);", contents(options["retrieve_context"]))
if found is None:
    stop(6, "Could not create context from binary")
if int(found[1]) != plan["arch"]:
    stop(6, "Request feature arch with value %d unsupported" % int(found[1]), "Could not create context from binary")
if plan["crash"] is not None:
    os.kill(os.getpid(), plan["crash"])
root = options["input_list"].partition("/data/local/tmp/")[0]
name, _, place = contents(options["input_list"]).decode().split()[0].partition(":=")
if name != "input":
    stop(4, "No input named " + name)
source = contents(root + place)
if plan["input_bytes"] is not None and len(source) != plan["input_bytes"]:
    stop(4, "Read %d bytes, expected %d" % (len(source), plan["input_bytes"]))
answer = plan["answers"].get(hashlib.sha256(source).hexdigest())
result = contents(answer) if answer else bytes(plan["output_bytes"])
out = options["output_dir"]
executions = int(options["num_inferences"])
os.makedirs(out)
if plan["writes_output"]:
    for number in range(min(executions, int(options["keep_num_outputs"]))):
        os.makedirs(os.path.join(out, "Result_%d" % number))
        with open(os.path.join(out, "Result_%d" % number, "output.raw"), "wb") as output:
            output.write(result)
with open(os.path.join(out, "execution_metadata.yaml"), "w") as output:
    output.write("pid: 1\\n")
if plan["writes_log"]:
    with open(os.path.join(out, "qnn-profiling-data_0.log"), "wb") as log:
        calls = [plan["calls_us"][number % len(plan["calls_us"])] for number in range(plan["logged"] or executions)]
        log.write(b"\\0QNN" + json.dumps([calls, plan["accelerator"]]).encode())
print("Graph 0 executed %d times" % executions, flush=True)
"""
_VIEWER = """#!{python} -SE
import json, os, sys
status = {status}
options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
if status or not os.path.isdir(os.environ["LD_LIBRARY_PATH"].split(":")[0]):
    print("error while loading shared libraries: libc++.so.1", file=sys.stderr)
    sys.exit(status or 127)
with open(options["--input_log"], "rb") as log:
    data = log.read()
assert data[:4] == b"\\0QNN"
calls, accelerator = json.loads(data[4:])
rows = ["Input Log File Location," + options["--input_log"], "Generated using,qnn-profile-viewer v2.44.0", "",
    "Msg Timestamp,Message,Time,Unit of Measurement,Timing Source,Event Level,Event Identifier",
    "1,INIT,331158,US,NETRUN,ROOT,INIT"]
for call in calls:
    rows.append("2,EXECUTE,%g,US,NETRUN,ROOT,Graph 0: graph" % call)
    rows.append("2,EXECUTE,4,COUNT,BACKEND,ROOT,Number of HVX threads used")
    rows.append("2,EXECUTE,%g,US,BACKEND,ROOT,RPC (execute) time" % (call - 100))
    if accelerator:
        rows.append("2,EXECUTE,%g,US,BACKEND,ROOT,QNN accelerator (execute) time" % (call - 500))
        rows.append("2,EXECUTE,149241,CYCLES,BACKEND,ROOT,Accelerator (execute) time (cycles)")
rows.append("3,EXECUTE IPS,214.9,INF/SEC,NETRUN,ROOT,IPS")
with open(options["--output"], "w") as table:
    table.write("\\n".join(rows) + "\\n")
"""


def tensor_bytes(frame: NDArray[Any]) -> bytes:
    """A frame (height, width, 3) of [0, 1] as the runner's file: NCHW, float32."""
    return np.ascontiguousarray(np.moveaxis(frame, 2, 0), "<f4").tobytes()


def write_contexts(folder: Path, *archs: int) -> Path:
    """An artifact of `qnn-htp` as far as the phone needs it; its main file."""
    main = folder / "model-qnn-htp-int8.onnx"
    main.write_bytes(b"main")
    for arch in archs:
        main.with_name(f"{main.stem}-v{arch}.bin").write_bytes(b"\0context;arch=%d;\0" % arch)
    return main


def write_sdk(
    folder: Path,
    *,
    answers: Mapping[bytes, bytes],
    arch: int = 75,
    calls_us: Sequence[float] = (9000, 8000, 7000, 6400, 6600),
    accelerator: bool = True,
    logged: int | None = None,
    input_bytes: int | None = None,
    output_bytes: int = 1,
    writes_output: bool = True,
    writes_log: bool = True,
    crash: int | None = None,
    viewer_status: int = 0,
) -> Path:
    """Write the folder.

    Args:
        folder: to be made.
        answers: contents of the input -> contents of the output.
        arch: of the phone's HTP; the SDK has the libraries of this one.
        calls_us: the times of the executions, over and over.
        accelerator: whether the profile says that the HTP executed.
        logged: executions in the profile; None is all.
        input_bytes: that the graph's input has; None is as many as the file.
        output_bytes: zeros that it writes for an input that it does not know.
        writes_output: whether it does at all.
        writes_log: whether it writes a profile.
        crash: signal by which it ends before it has run.
        viewer_status: with which the viewer ends at once.
    """
    device, skel = folder / "lib/aarch64-android", folder / f"lib/hexagon-v{arch}/unsigned"
    for place in (device, skel, folder / "lib/x86_64-linux-clang"):
        place.mkdir(parents=True)
    for name in ("libQnnHtp.so", "libQnnHtpPrepare.so", "libQnnSystem.so", f"libQnnHtpV{arch}Stub.so", "libQnnGpu.so"):
        (device / name).write_text(name)
    (skel / f"libQnnHtpV{arch}Skel.so").write_text("skel")
    files = {}
    for number, (source, result) in enumerate(answers.items()):
        answer = folder / f"answer-{number}"
        answer.write_bytes(result)
        files[hashlib.sha256(source).hexdigest()] = str(answer)
    plan = {
        "answers": files,
        "arch": arch,
        "calls_us": list(calls_us),
        "accelerator": accelerator,
        "logged": logged,
        "input_bytes": input_bytes,
        "output_bytes": output_bytes,
        "writes_output": writes_output,
        "writes_log": writes_log,
        "crash": crash,
    }
    programs = {
        "bin/aarch64-android/qnn-net-run": _RUNNER.format(python=sys.executable, plan=json.dumps(plan)),
        "bin/x86_64-linux-clang/qnn-profile-viewer": _VIEWER.format(python=sys.executable, status=viewer_status),
    }
    for name, text in programs.items():
        path = folder / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
        path.chmod(0o755)
    return folder
