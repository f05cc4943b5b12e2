# SPDX-License-Identifier: GPL-2.0-only
"""Outputs of docs/netlink/rvs.yaml, one module each."""
