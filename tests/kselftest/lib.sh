# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What every test sources: reporting, namespaces, load balancer, traffic. See lib/.

set -u

KSELFTEST_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck disable=SC2034 # read by the libraries below
HELPERS=$KSELFTEST_DIR/helpers
# Nothing beside the sources.
[ -n "${PYTHONPYCACHEPREFIX-}" ] || export PYTHONDONTWRITEBYTECODE=1

# shellcheck source=lib/ktap.sh
. "$KSELFTEST_DIR/lib/ktap.sh"
# shellcheck source=lib/wait.sh
. "$KSELFTEST_DIR/lib/wait.sh"
# shellcheck source=lib/kernel_log.sh
. "$KSELFTEST_DIR/lib/kernel_log.sh"
# shellcheck source=lib/backend.sh
. "$KSELFTEST_DIR/lib/backend.sh"
# shellcheck source=lib/site.sh
. "$KSELFTEST_DIR/lib/site.sh"
# shellcheck source=lib/topology.sh
. "$KSELFTEST_DIR/lib/topology.sh"
# shellcheck source=lib/topology_direct_reply.sh
. "$KSELFTEST_DIR/lib/topology_direct_reply.sh"
# shellcheck source=lib/topology_fullnat.sh
. "$KSELFTEST_DIR/lib/topology_fullnat.sh"
# shellcheck source=lib/topology_ecmp.sh
. "$KSELFTEST_DIR/lib/topology_ecmp.sh"
# shellcheck source=lib/topology_routed.sh
. "$KSELFTEST_DIR/lib/topology_routed.sh"
# shellcheck source=lib/tunnel.sh
. "$KSELFTEST_DIR/lib/tunnel.sh"
# shellcheck source=lib/topology_two_directors.sh
. "$KSELFTEST_DIR/lib/topology_two_directors.sh"
# shellcheck source=lib/servers.sh
. "$KSELFTEST_DIR/lib/servers.sh"
# shellcheck source=lib/http.sh
. "$KSELFTEST_DIR/lib/http.sh"
# shellcheck source=lib/requests.sh
. "$KSELFTEST_DIR/lib/requests.sh"
# shellcheck source=lib/keepalived.sh
. "$KSELFTEST_DIR/lib/keepalived.sh"
# shellcheck source=lib/pool.sh
. "$KSELFTEST_DIR/lib/pool.sh"
# shellcheck source=lib/transfer.sh
. "$KSELFTEST_DIR/lib/transfer.sh"
# shellcheck source=lib/path.sh
. "$KSELFTEST_DIR/lib/path.sh"
# shellcheck source=lib/talk.sh
. "$KSELFTEST_DIR/lib/talk.sh"
# shellcheck source=lib/flood.sh
. "$KSELFTEST_DIR/lib/flood.sh"
# shellcheck source=lib/sctp.sh
. "$KSELFTEST_DIR/lib/sctp.sh"
# shellcheck source=lib/counters.sh
. "$KSELFTEST_DIR/lib/counters.sh"
# shellcheck source=lib/leaks.sh
. "$KSELFTEST_DIR/lib/leaks.sh"
