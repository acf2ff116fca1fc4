#!/usr/bin/env python3
"""Passes monitor commands from the guest to QEMU: lines from the guest's third serial
port in, the human monitor's reply out, every reply line behind a space, then .ok."""
import json
import os
import socket
import sys
import time


def connect(path):
    """The sockets appear shortly after QEMU starts."""
    for _ in range(200):
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.connect(path)
            return sock
        except OSError:
            sock.close()
            time.sleep(0.05)
    sys.exit(f"relay: nothing listens at {path}")


def command(qmp, name, **arguments):
    """One QMP command; events that come in between are dropped."""
    request = {"execute": name}
    if arguments:
        request["arguments"] = arguments
    qmp.write(json.dumps(request).encode() + b"\n")
    qmp.flush()
    while True:
        line = qmp.readline()
        if not line:
            sys.exit(0)
        reply = json.loads(line)
        if "return" in reply or "error" in reply:
            return reply


def main():
    run = sys.argv[1]
    qmp = connect(os.path.join(run, "qmp")).makefile("rwb")
    qmp.readline()
    command(qmp, "qmp_capabilities")
    guest = connect(os.path.join(run, "hmp")).makefile("rwb")
    while True:
        line = guest.readline()
        if not line:
            return
        text = line.decode(errors="replace").strip("\r\n\0 ")
        if not text:
            continue
        reply = command(qmp, "human-monitor-command", **{"command-line": text})
        if "error" in reply:
            out, end = reply["error"].get("desc", "?"), ".error"
        else:
            out, end = reply["return"], ".ok"
        for part in out.replace("\r", "").splitlines():
            guest.write(b" " + part.encode() + b"\n")
        guest.write(end.encode() + b"\n")
        guest.flush()


main()
