#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A list of services or servers is complete while others come and go.
. "$(dirname "$0")/lib.sh"

# dumps_of FAMILY: see the helper.
dumps_of() {
	expect_success in_ns "$DIRECTOR" python3 -S "$HELPERS/steady_dumps.py" "$1"
}

dumps_of_rvs_are_complete() {
	[ "$LB_BACKEND" = rvs ] || { skip "IPVS has another interface"; return; }
	dumps_of rvs
}

dumps_of_ipvs_are_complete() {
	# IPVS goes on behind as many as it has told: where some have gone meanwhile, it leaves out as many.
	[ "$LB_BACKEND" != ipvs ] || { skip "IPVS leaves some out"; return; }
	dumps_of IPVS
}

test_begin
ktap_run dumps_of_rvs_are_complete dumps_of_ipvs_are_complete
