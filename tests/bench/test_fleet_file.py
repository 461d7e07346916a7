from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy import ArllieError
from arllie_deploy.bench.fleet_file import AdbDevice, LocalDevice, SshDevice, parse_fleet, read_fleet

WHOLE = """
[devices.desk]
kind = "local"
backends = "cpu"

[devices.phone]
kind = "adb"
serial = "R58 M;123"

[devices.server]
kind = "ssh"
host = "me@lab-7.example"
port = 2222
config = "keys/config"
command = ["/opt/my tools/arllie-bench", "--out", "a b"]
timeout_s = 60
"""


def test_every_kind_is_read(tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text(WHOLE)
    assert read_fleet(tmp_path / "fleet.toml") == [
        LocalDevice(name="desk", backends="cpu"),
        AdbDevice(name="phone", serial="R58 M;123"),
        SshDevice(
            name="server",
            host="me@lab-7.example",
            port=2222,
            config=tmp_path / "keys" / "config",
            command=("/opt/my tools/arllie-bench", "--out", "a b"),
            timeout_s=60.0,
        ),
    ]


def refusal(**device: Any) -> str:
    with pytest.raises(ArllieError) as caught:
        parse_fleet({"devices": {"one": device}}, Path())
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


@pytest.mark.parametrize(
    ("device", "message"),
    [
        ({"kind": "usb"}, "devices.one: kind is 'usb'; known: local, adb, ssh"),
        ({"kind": ["ssh"]}, "kind is ['ssh']"),
        ({}, "kind is missing"),
        ({"kind": "local", "host": "x"}, "unknown key 'host'; known for local: kind, backends, timeout_s"),
        ({"kind": "ssh", "host": "x", "hots": "y"}, "unknown key 'hots'; known for ssh"),
        ({"kind": "local", "name": "x"}, "unknown key 'name'"),
        ({"kind": "ssh"}, "host is missing"),
        ({"kind": "adb"}, "serial is missing"),
        ({"kind": "adb", "serial": ""}, "serial is ''"),
        ({"kind": "adb", "serial": "a\nb"}, "serial is 'a\\nb'"),
        ({"kind": "adb", "serial": 5}, "serial is 5"),
        ({"kind": "local", "timeout_s": 0}, "timeout_s is 0, expected seconds from 1"),
        ({"kind": "local", "timeout_s": True}, "timeout_s is True"),
        ({"kind": "local", "timeout_s": float("nan")}, "timeout_s is nan"),
        ({"kind": "local", "backends": "cpi"}, "unknown backend 'cpi'; did you mean 'cpu'?"),
        ({"kind": "local", "backends": ["cpu"]}, "backends is ['cpu']"),
        ({"kind": "ssh", "host": "x", "port": 65536}, "port is 65536"),
        ({"kind": "ssh", "host": "x", "port": "22"}, "port is '22'"),
        ({"kind": "ssh", "host": "x", "command": "arllie-bench"}, "expected a list of words"),
        ({"kind": "ssh", "host": "x", "command": []}, "expected a list of words"),
        ({"kind": "ssh", "host": "x", "command": ["a", 1]}, "command is 1"),
        ({"kind": "ssh", "host": "x", "command": ["-oops"]}, "expected a program"),
    ],
)
def test_what_is_wrong_is_named(device: dict[str, Any], message: str) -> None:
    assert message in refusal(**device)


@pytest.mark.parametrize(
    "host",
    [
        "-oProxyCommand=touch pwned",
        "me@-oProxyCommand=x",
        "-l root@host",
        "-v",
        "-Jump",
        "me@-v",
        "-v@host",
        "fe80::1%-v",
        "a b",
        "host;touch pwned",
        "$(touch pwned)",
        "`touch pwned`",
        "host\n-v",
        "a|b",
        "a&b",
        "me@you@host",
        "@host",
        "me@",
        "ssh://host",
        "ho%h",
        "höst",
        "*",
        "'host'",
    ],
)
def test_a_host_that_could_be_an_option_or_a_command_is_refused(host: str) -> None:
    message = refusal(kind="ssh", host=host)
    assert "host is" in message or message.startswith("devices.one: host")


@pytest.mark.parametrize("host", ["lab7", "me@10.0.0.7", "::1", "fe80::1%eth0", "a_b.example.org", "m.e-x@host"])
def test_hosts_are_names_and_addresses(host: str) -> None:
    (device,) = parse_fleet({"devices": {"one": {"kind": "ssh", "host": host}}}, Path())
    assert isinstance(device, SshDevice)
    assert device.host == host


@given(st.text())
def test_no_accepted_host_begins_like_an_option_or_says_anything_to_a_shell(host: str) -> None:
    try:
        parse_fleet({"devices": {"one": {"kind": "ssh", "host": host}}}, Path())
    except ArllieError:
        return
    assert not host.startswith("-")
    assert not set(host) & set(" \t\n;|&$`'\"\\<>(){}*?!#~=,")


@pytest.mark.parametrize("name", ["", "-x", "../up", "a/b", "a b", "x;y", ".", "n\n", "ü", "a" * 65])
def test_a_name_that_is_no_folder_name_is_refused(name: str) -> None:
    with pytest.raises(ArllieError, match="the device name"):
        parse_fleet({"devices": {name: {"kind": "local"}}}, Path())


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ({"kind": "local"}, {"kind": "local"}, "are both this machine"),
        ({"kind": "adb", "serial": "x"}, {"kind": "adb", "serial": "x"}, "are both the serial x"),
        ({"kind": "ssh", "host": "x"}, {"kind": "ssh", "host": "x", "timeout_s": 9}, "are both the host x"),
    ],
)
def test_two_entries_of_one_device_would_time_each_other(first: Any, second: Any, shared: str) -> None:
    with pytest.raises(ArllieError, match=f"devices.a and .b {shared}; keep one"):
        parse_fleet({"devices": {"a": first, "b": second}}, Path())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no devices"),
        ("devices = 3", "no devices"),
        ("[devices]", "no devices"),
        ("[device.one]\nkind = 'local'", "unknown key 'device'; known: devices"),
        ("[devices]\none = 'local'", "devices.one is no table"),
        ("[devices.one", "not a TOML file"),
        ("[devices.a]\nkind='local'\n[devices.a]\nkind='local'", "not a TOML file"),
        ("\n".join(f"[devices.n{n}]\nkind='adb'\nserial='s{n}'" for n in range(65)), "65 devices; 64"),
    ],
)
def test_a_file_that_is_none_is_named(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text(text)
    with pytest.raises(ArllieError, match=f"fleet.toml: .*{message}"):
        read_fleet(tmp_path / "fleet.toml")


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    for place in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(ArllieError, match="no such file"):
            read_fleet(place)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ArllieError, match="not a TOML file"):
        read_fleet(tmp_path / "bytes.toml")
