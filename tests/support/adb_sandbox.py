"""A folder on this machine that stands in for a phone's file system, and the shell that runs in it."""

import os
import shutil
import subprocess
from pathlib import Path

_TOOLS = ("cat", "chmod", "echo", "grep", "ls", "mkdir", "rm", "sha256sum", "sleep", "sh", "head", "od", "touch")
_PLACES = ("/data/local/tmp", "/sys/")
# What a phone's kernel does: an AArch64 program runs. Here an emulator runs it; everything else is executed as it is.
_ENV = """#!{shell}
while :; do case "$1" in *=*) export "$1"; shift;; *) break;; esac; done
case "$1" in
*/*) if [ "$(head -c 20 "$1" | od -An -tx1 -j18 -N2)" = " b7 00" ]; then exec {emulator} "$@"; fi;;
esac
exec "$@"
"""
_GETPROP = """#!{shell}
while read -r name value; do [ "$name" = "$1" ] && echo "$value"; done < {root}/properties
exit 0
"""
_DUMPSYS = """#!{shell}
cat {root}/dumpsys-"$1"
"""
BATTERY = """Current Battery Service state:
  AC powered: false
  USB powered: true
  Wireless powered: false
  status: 2
  level: 87
  scale: 100
  voltage: 4321
  temperature: 312
"""
PROPERTIES = {
    "ro.soc.manufacturer": "QTI",
    "ro.soc.model": "SM8650",
    "ro.product.manufacturer": "Maker",
    "ro.product.model": "Phone 5 (test)",
    "ro.build.version.release": "14",
    "ro.build.version.sdk": "34",
    "ro.product.cpu.abi": "arm64-v8a",
}


class Sandbox:
    """The file system.

    Args:
        root: an empty folder whose path needs no quoting in a shell.
        properties: what getprop knows.
        battery: what `dumpsys battery` prints; None where it may not be asked.
    """

    def __init__(self, root: Path, properties: dict[str, str], battery: str | None) -> None:
        self.root = root
        shell, emulator = shutil.which("sh"), shutil.which("qemu-aarch64-static")
        (root / "data/local/tmp").mkdir(parents=True)
        (root / "bin").mkdir()
        for tool in _TOOLS:
            (root / "bin" / tool).symlink_to(str(shutil.which(tool)))
        for name, text in (("env", _ENV), ("getprop", _GETPROP), ("dumpsys", _DUMPSYS)):
            script = root / "bin" / name
            script.write_text(text.format(shell=shell, emulator=emulator or "/no-qemu-aarch64-static", root=root))
            script.chmod(0o755)
        (root / "properties").write_text("".join(f"{name} {value}\n" for name, value in properties.items()))
        if battery is not None:
            (root / "dumpsys-battery").write_text(battery)
        cores = self.file("/sys/devices/system/cpu")
        for number in range(2):
            self.write(f"/sys/devices/system/cpu/cpu{number}/cpufreq/scaling_governor", "schedutil\n")
        (cores / "present").write_text("0-7\n")
        for number, (kind, value) in enumerate([("cpu-0-0", "41500"), ("battery", "31200"), ("cpu-1-0", "43000")]):
            self.write(f"/sys/class/thermal/thermal_zone{number}/type", f"{kind}\n")
            self.write(f"/sys/class/thermal/thermal_zone{number}/temp", f"{value}\n")

    def file(self, path: str) -> Path:
        """Where a device's path lies here."""
        return self.root / path.lstrip("/")

    def write(self, path: str, text: str) -> None:
        target = self.file(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def used_bytes(self) -> int:
        """What lies in the writable part."""
        return sum(path.stat().st_size for path in self.file("/data").rglob("*") if path.is_file())

    def leftovers(self) -> list[str]:
        """What a finished run has left behind."""
        return sorted(path.name for path in self.file("/data/local/tmp").iterdir())

    def start(self, command: str, merged: bool) -> "subprocess.Popen[bytes]":
        """Run a command line in the device's shell; `merged` sends both outputs down one pipe."""
        for place in _PLACES:
            command = command.replace(place, f"{self.root}{place}")
        return subprocess.Popen(
            [shutil.which("sh") or "/bin/sh", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE,
            cwd=self.root,
            env={**os.environ, "PATH": str(self.root / "bin")},
            start_new_session=True,
        )

    def as_seen(self, output: bytes) -> bytes:
        """What a program printed, with the device's paths."""
        return output.replace(str(self.root).encode(), b"")
