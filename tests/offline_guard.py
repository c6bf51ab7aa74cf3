"""Run a command where nothing outside this machine can be reached, and write down every attempt to reach it.

    python tests/offline_guard.py REPORT [--page URL] -- COMMAND...

Two nets, one inside the other. An audit hook in every Python process records and refuses name look-ups and connections
that are not loopback. Around it, on Linux when permitted, a network namespace with nothing but a loopback device: there
native code (Rust, C) fails too, and the kernel counts each attempt as OutNoRoutes. REPORT gets a JSON object:
`attempts` (a list), `no_route` (the kernel's count, null without a namespace), `code` (the command's exit code),
`seconds`. With --page the command is a server: it is asked for URL until it answers, then stopped.
"""

import ctypes
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HOOK = """
import os, sys

def _loopback(host):
    if isinstance(host, (bytes, bytearray)):
        host = host.decode("ascii", "replace")
    host = str(host or "").strip("[]").partition("%")[0]
    return host in ("", "localhost", "::1", "::", "0.0.0.0") or host.startswith("127.") or host == "::ffff:127.0.0.1"

def _hook(event, arguments):
    if not event.startswith("socket."):
        return
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        if not isinstance(address, tuple) or _loopback(address[0]):
            return  # a Unix socket, or this machine
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        address = arguments[0]
        if _loopback(address):
            return
    elif event == "socket.getnameinfo":
        address = arguments[0]
        if _loopback(address[0]):
            return
    else:
        return
    with open(os.environ["OFFLINE_ATTEMPTS"], "a", encoding="utf-8") as record:
        record.write(f"{event} {address!r}\\n")
    raise OSError(f"offline: {event} {address!r}")

sys.addaudithook(_hook)
"""
CLONE_NEWNET, CLONE_NEWUSER = 0x40000000, 0x10000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1


def enter_namespace() -> bool:
    """Move this process into a network namespace with only loopback; False where that is not permitted."""
    if sys.platform != "linux":
        return False
    import fcntl

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0 and libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(control, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))
    return True


def no_route_count() -> int:
    """Return how often this namespace's kernel found no way out for something sent."""
    lines = [line.split() for line in Path("/proc/self/net/snmp").read_text(encoding="ascii").splitlines()]
    names, values = (line for line in lines if line[0] == "Ip:")
    count = int(values[names.index("OutNoRoutes")])
    newer = Path("/proc/self/net/snmp6")
    if newer.exists():
        pairs = (line.split() for line in newer.read_text(encoding="ascii").splitlines())
        count += sum(int(value) for name, value in pairs if name == "Ip6OutNoRoutes")
    return count


def wait_for(url: str, process: "subprocess.Popen[bytes]", seconds: float = 120) -> None:
    """Return once `url` answers; raises SystemExit when the server ends or stays silent."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with opener.open(url, timeout=5) as reply:
                reply.read()
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"no answer from {url}")


def main() -> None:
    """Run the command and write the report."""
    report, arguments = Path(sys.argv[1]), sys.argv[2:]
    page = arguments[1] if arguments[0] == "--page" else None
    command = arguments[arguments.index("--") + 1 :]
    separate = enter_namespace()
    before = no_route_count() if separate else 0
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sitecustomize.py").write_text(HOOK, encoding="utf-8")
        record = Path(folder) / "attempts"
        record.touch()
        path = os.pathsep.join(one for one in (folder, os.environ.get("PYTHONPATH", "")) if one)
        started = time.monotonic()
        process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path, "OFFLINE_ATTEMPTS": str(record)})
        try:
            if page:
                wait_for(page, process)
        finally:
            seconds = time.monotonic() - started
            if page:
                time.sleep(3)  # what libraries send after the start, from threads
                process.send_signal(signal.SIGINT)
            try:
                code = process.wait(timeout=180)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
        attempts = record.read_text(encoding="utf-8").splitlines()
    no_route = no_route_count() - before if separate else None
    found = {"attempts": attempts, "no_route": no_route, "code": code, "seconds": round(seconds, 1)}
    report.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
