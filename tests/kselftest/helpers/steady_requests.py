#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""HTTP requests all the time, each by a connection of its own, whatever becomes of those before it.

    steady_requests.py ADDRESS PORT REQUESTS-PER-SECOND FIRST-SOURCE-PORT [SECONDS]

Prints, when a request is over, the milliseconds since boot at which it began, and the body of the answer, or why there
was none: an errno, "timeout" (after SECONDS, 2 when not given), or the status of the answer. Ends on SIGTERM, with the last answer.
"""

import errno
import signal
import socket
import sys
import threading
import time

ANSWER_SECONDS = float(sys.argv[5]) if len(sys.argv) > 5 else 2.0

ended = False


def now():
    """As /proc/uptime has it."""
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)


def answer(address, port, source_port):
    family, source = (socket.AF_INET6, "::") if ":" in address else (socket.AF_INET, "0.0.0.0")
    sock = socket.socket(family)
    sock.settimeout(ANSWER_SECONDS)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    received = b""
    try:
        with sock:
            sock.bind((source, source_port))
            sock.connect((address, port))
            sock.sendall(f"GET / HTTP/1.0\r\nHost: {address}\r\n\r\n".encode())
            while piece := sock.recv(4096):
                received += piece
    except socket.timeout:
        return "timeout"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))
    head, _, body = received.partition(b"\r\n\r\n")
    status = head.split(b" ")[1:2]
    return body.decode().strip() if status == [b"200"] else "status " + b"".join(status).decode()


def request(address, port, source_port):
    begun = now()
    text = answer(address, port, source_port)
    sys.stdout.write(f"{begun} {text}\n")
    sys.stdout.flush()


def end(*_):
    # What has a lock may be what the signal interrupts.
    global ended
    ended = True


def main():
    address, port, rate, source_port = sys.argv[1], *map(int, sys.argv[2:5])
    signal.signal(signal.SIGTERM, end)
    while not ended:
        time.sleep(1 / rate)
        # The interpreter ends when the last of them has.
        threading.Thread(target=request, args=(address, port, source_port)).start()
        source_port += 1


main()
