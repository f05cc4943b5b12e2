# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The site that the demo shows: the topology of the tests, with a web server on each real server. Sourced.

# shellcheck source=../kselftest/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../kselftest/lib.sh"

# demo_begin: makes it; it goes with the process.
demo_begin() {
	local i
	test_begin
	for i in 1 2 3; do
		http_server_start "$i" 8080 || bail "nginx does not start on server$i"
	done
}
