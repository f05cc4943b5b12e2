# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The load balancer is RVS, configured and asked by stock ipvsadm; see backend.sh for what the functions do.

# What is different with RVS comes after what is the same with both.
# shellcheck source=lib/backend_ipvs.sh
. "$KSELFTEST_DIR/lib/backend_ipvs.sh"
# shellcheck source=lib/rvs.sh
. "$KSELFTEST_DIR/lib/rvs.sh"
