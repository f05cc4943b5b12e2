# SPDX-License-Identifier: GPL-2.0-only
"""The device that sockets are bound to: TALK_DEVICE of the environment, if it is there."""

import os
import socket


def bind_to_device(sock):
    device = os.environ.get("TALK_DEVICE")
    if device:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
