# SPDX-License-Identifier: GPL-2.0-only
"""One module a kind of measurement."""
