"""Runs a command where there is no network but loopback, and, if asked, catches every attempt to reach anything else.

    python -m tests.network cut REPORT.json COMMAND...
    python -m tests.network watched REPORT.json COMMAND...

Both run the command in a new network namespace of Linux that holds a loopback device and nothing else: a connection to
elsewhere fails at once. `watched` leads all addresses, IPv4 and IPv6, to the loopback device, so that attempts go on
until they are packets, and listens there: every packet to another address than the loopback's is an attempt, whichever
process made it, and so is every question to a name server, even to one on this machine that would ask others. IPv6
sends nothing elsewhere by loopback, but answers that it can't, and counts what it refused: both are attempts. What goes
through sockets in the file system, as to a desktop's services, is no network traffic and is not seen.

The report: `returncode`, `attempts` (each `to`, `protocol`, `port`, and the name that a name server was `asked` for),
and `lost` (how many packets could not be looked at).
"""

import ctypes
import errno
import fcntl
import json
import os
import select
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000  # unshare(2)
GET_FLAGS, SET_FLAGS, SET_ADDRESS, SET_MASK, ADD_ROUTE = 0x8913, 0x8914, 0x8916, 0x891C, 0x890B  # <linux/sockios.h>
UP, ROUTE_UP = 1, 1
EVERY_PROTOCOL, ATTACH_FILTER, PACKET_LEVEL, STATISTICS = 3, 26, 263, 6  # <linux/if_ether.h>, socket.h, if_packet.h
OWN = "10.203.0.1"  # the machine's address towards elsewhere: packets to it stay here
OWN_6 = "fd00:203::1"
UNREACHABLE = 1  # type of an ICMPv6 message, RFC 4443
DNS = (53, 853)
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}
NOT_ALLOWED = 77
"""Exit code where the kernel makes no namespace for us; the report then says what it answered."""


def run(kind: str, command: list[str], folder: Path, **more: Any) -> tuple[subprocess.CompletedProcess, dict[str, Any]]:
    """The finished command and the report; kind: "cut" or "watched"; more: for `subprocess.run`."""
    report = folder / f"network-{kind}.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.network", kind, str(report), *command],
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[1],
        **more,
    )
    return done, json.loads(report.read_text()) if report.exists() else {"refused": done.stderr}


def isolate() -> None:
    """Move this process, and all that it will start, to a network of its own with loopback only; OSError if refused."""
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if libc.unshare(NEW_USER | NEW_NETWORK) == 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    elif libc.unshare(NEW_NETWORK) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        _up(control, "lo")


def open_up() -> None:
    """Lead every address of the world to the loopback device."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        name = b"lo:1"
        fcntl.ioctl(control, SET_ADDRESS, struct.pack("16s16s", name, _address(OWN)) + bytes(8))
        fcntl.ioctl(control, SET_MASK, struct.pack("16s16s", name, _address("255.255.255.255")) + bytes(8))
        device = ctypes.create_string_buffer(b"lo")
        # struct rtentry of <linux/route.h>: destination, gateway, mask, flags, ..., device's name, ...
        everywhere = (0, _address("0.0.0.0"), bytes(16), _address("0.0.0.0"))
        rest = (0, 0, 0, 0, ctypes.addressof(device), 0, 0, 0)
        route = struct.pack("@L16s16s16sHhLPhPLLH", *everywhere, ROUTE_UP, *rest)
        fcntl.ioctl(control, ADD_ROUTE, route + bytes(8))
    if not Path("/proc/net/if_inet6").exists():
        return  # this kernel speaks no IPv6: nobody can leave by it
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as control:
        index = socket.if_nametoindex("lo")
        own = socket.inet_pton(socket.AF_INET6, OWN_6)
        fcntl.ioctl(control, SET_ADDRESS, struct.pack("@16sIi", own, 128, index))
        # struct in6_rtmsg of <linux/ipv6_route.h>
        route = struct.pack("@16s16s16sIHHILIi", bytes(16), bytes(16), bytes(16), 0, 0, 0, 1, 0, ROUTE_UP, index)
        fcntl.ioctl(control, ADD_ROUTE, route)


def listener() -> socket.socket:
    """A socket that gets every packet on the loopback device that may be an attempt; the kernel leaves out the rest."""
    heard = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERY_PROTOCOL))
    program = b"".join(struct.pack("HBBI", *line) for line in _filter())
    memory = ctypes.create_string_buffer(program)
    lines = struct.pack("HP", len(program) // 8, ctypes.addressof(memory))
    heard.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, lines)
    heard.bind(("lo", 0))
    return heard


def _filter() -> list[tuple[int, int, int, int]]:
    """Classic BPF: drop what goes over IPv4 to 127.0.0.0/8 and to no name server; accept all else.

    IPv6, hardly used on loopback, is sorted out by `attempt`. Offsets count from the Ethernet header.
    """
    load_half, load_word, load_byte, load_half_after = 0x28, 0x20, 0x30, 0x48
    mask, header_length, equal, end = 0x54, 0xB1, 0x15, 0x06
    return [
        (load_half, 0, 0, 12),
        (equal, 0, 10, 0x0800),  # not IPv4: accept
        (load_word, 0, 0, 30),
        (mask, 0, 0, 0xFF000000),
        (equal, 0, 7, 0x7F000000),  # to elsewhere: accept
        (load_byte, 0, 0, 23),
        (equal, 1, 0, 6),
        (equal, 0, 5, 17),  # neither TCP nor UDP: drop
        (header_length, 0, 0, 14),
        (load_half_after, 0, 0, 16),
        (equal, 1, 0, DNS[0]),
        (equal, 0, 1, DNS[1]),
        (end, 0, 0, 0x40000),
        (end, 0, 0, 0),
    ]


def attempt(packet: bytes) -> dict[str, Any] | None:
    """What a packet tries to reach, or None where it stays on this machine and asks no name server."""
    kind = struct.unpack_from("!H", packet, 12)[0]
    if kind == 0x0800:
        to, protocol = socket.inet_ntop(socket.AF_INET, packet[30:34]), packet[23]
        ports = 14 + 4 * (packet[14] & 0xF)
        local = to.startswith("127.") or to == OWN
    elif kind == 0x86DD:
        refused = packet[20] == 58 and packet[54] == UNREACHABLE
        start = 62 if refused else 14  # the answer holds the packet that it is about
        to, protocol = socket.inet_ntop(socket.AF_INET6, packet[start + 24 : start + 40]), packet[start + 6]
        ports = start + 40
        local = to in ("::1", OWN_6)
    else:
        return {"to": f"ethertype {kind:#06x}", "protocol": "", "port": 0, "asked": ""}
    port = struct.unpack_from("!H", packet, ports + 2)[0] if protocol in (6, 17) else 0
    if local and port not in DNS:
        return None
    asked = _question(packet[ports + 8 :]) if protocol == 17 and port == DNS[0] else ""
    return {"to": to, "protocol": PROTOCOLS.get(protocol, str(protocol)), "port": port, "asked": asked}


def _question(query: bytes) -> str:
    """The name that a DNS query asks for (RFC 1035, 4.1.2), or "" where it is none."""
    labels, at = [], 12
    while at < len(query) and query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii", "replace"))
        at += 1 + query[at]
    return ".".join(labels)


def _watch(command: list[str]) -> dict[str, Any]:
    open_up()
    found: dict[tuple, dict[str, Any]] = {}
    before = _refused()
    with listener() as heard, subprocess.Popen(command) as process:
        quiet = 0
        while quiet < 3:  # for a moment longer than the command lives
            ready = select.select([heard], [], [], 0.1)[0]
            if not ready:
                quiet += process.poll() is not None
                continue
            packet = heard.recv(65535)
            if (one := attempt(packet)) is not None:
                found[tuple(one.values())] = one
        lost = struct.unpack("II", heard.getsockopt(PACKET_LEVEL, STATISTICS, 8))[1]
    if (refused := _refused() - before) and not any(":" in str(to) for to, *_ in found):
        found[("refused",)] = {"to": f"{refused} packets", "protocol": "IPv6", "port": 0, "asked": ""}
    return {"returncode": process.returncode, "attempts": list(found.values()), "lost": lost}


def _refused() -> int:
    """How many IPv6 packets this network namespace could lead nowhere."""
    counters = Path("/proc/self/net/snmp6")
    if not counters.exists():
        return 0
    told = dict(line.split() for line in counters.read_text().splitlines())
    return int(told["Ip6OutNoRoutes"])


def _up(control: socket.socket, name: str) -> None:
    flags = struct.unpack_from("16sH", fcntl.ioctl(control, GET_FLAGS, struct.pack("16sH22x", name.encode(), 0)))[1]
    fcntl.ioctl(control, SET_FLAGS, struct.pack("16sH22x", name.encode(), flags | UP))


def _address(dotted: str) -> bytes:
    """struct sockaddr_in."""
    return struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(dotted))


def main() -> int:
    kind, report, *command = sys.argv[1:]
    try:
        isolate()
    except OSError as error:
        print(f"{errno.errorcode.get(error.errno or 0)}: {error.strerror}", file=sys.stderr)
        return NOT_ALLOWED
    told = _watch(command) if kind == "watched" else {"returncode": subprocess.run(command, check=False).returncode}
    Path(report).write_text(json.dumps(told))
    return int(told["returncode"])


if __name__ == "__main__":
    sys.exit(main())
