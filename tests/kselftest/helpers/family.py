# SPDX-License-Identifier: GPL-2.0-only
"""Which family an address is of."""

import socket


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET
