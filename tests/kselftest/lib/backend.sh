# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The load balancer under test. LB_BACKEND=rvs (default) is RVS; ipvs is the kernel's own IPVS, which is the oracle:
# a test that makes sense for both must have the same verdict with both. LB_TOOL=ipvsadm has RVS be configured by stock
# ipvsadm instead of rvsadm.
#
# LB_FORWARD is the forward method of the servers that are added: nat (default), dr, tun or fullnat, and LB_POOL the pool of
# services that are added.
#
# Each backend provides, for the namespace $DIRECTOR:
#	lb_load                               have the module in the kernel
#	lb_unload                             take it out
#	lb_prepare                            have the new namespace as the environment asks for it
#	lb_service_add SERVICE SCHEDULER [one-packet]
#	                                      SERVICE is PROTOCOL/ADDRESS:PORT, PROTOCOL/ADDRESS:* for all ports, which
#	                                      with IPVS have to be persistent, or mark/NUMBER; whether datagrams are
#	                                      scheduled one by one
#	lb_service_persistent SERVICE SCHEDULER SECONDS[/BITS] [one-packet]
#	                                      adds one whose clients keep their server, those of a network by its first bits
#	lb_templates SERVICE                  prints CLIENT SERVER of each template of the service, sorted
#	lb_persistent SERVICE SERVER          prints the number of its templates
#	lb_expire_quiescent 0|1               whether clients leave a server without weight
#	lb_service_set SERVICE SCHEDULER
#	lb_service_del SERVICE
#	lb_server_add SERVICE SERVER WEIGHT [UPPER LOWER]
#	                                      SERVER is ADDRESS:PORT, or ADDRESS, which has the ports of SERVICE;
#	                                      connection thresholds
#	lb_server_weight SERVICE SERVER WEIGHT
#	lb_server_set SERVICE SERVER WEIGHT UPPER LOWER
#	lb_server_del SERVICE SERVER
#	lb_changes                            makes the changes that it reads, a line each, in one process: the names
#	                                      of the functions above without lb_, and their arguments
#	lb_flush
#	lb_configuration                      all of it, as text that can be compared
#	lb_counters SERVICE SERVER            prints CONNECTIONS IN-PACKETS OUT-PACKETS IN-BYTES OUT-BYTES
#	lb_counters_settle                    wait until lb_counters tells what has happened up to now
#	lb_connections SERVICE SERVER         prints ACTIVE INACTIVE
#	lb_connections_of_all SERVICE         prints SERVER ACTIVE INACTIVE for each server
#	lb_service_counters SERVICE           the same, of the service
#	lb_totals                             the same, of all services of the namespace, those that are gone included
#	lb_rates SERVICE [SERVER]             prints the same in a second, of the service or of one of its servers
#	lb_total_rates                        the same of all services
#	lb_zero [SERVICE]                     have a service and its servers, or all, count from 0 again
#	lb_timeouts                           prints TCP TCP-FIN UDP, in seconds
#	lb_timeouts_set TCP TCP-FIN UDP       0 stays as it is
#	lb_connection_count                   prints the number of connections in the table
#	lb_connection_list [SERVICE]          prints PROTOCOL CLIENT VIRTUAL SERVER STATE SECONDS of each, sorted

LB_BACKEND=${LB_BACKEND:-rvs}
LB_FORWARD=${LB_FORWARD:-nat}

LB_TOOL=${LB_TOOL:-rvsadm}

case $LB_BACKEND-$LB_TOOL in
rvs-ipvsadm)
	# shellcheck source=lib/backend_rvs_ipvsadm.sh
	. "$KSELFTEST_DIR/lib/backend_rvs_ipvsadm.sh"
	;;
rvs-*)
	# shellcheck source=lib/backend_rvs.sh
	. "$KSELFTEST_DIR/lib/backend_rvs.sh"
	;;
ipvs-*)
	# shellcheck source=lib/backend_ipvs.sh
	. "$KSELFTEST_DIR/lib/backend_ipvs.sh"
	;;
*) bail "LB_BACKEND=$LB_BACKEND: neither rvs nor ipvs" ;;
esac

# lb_begin SERVICE SCHEDULER SERVER...: a service that the test has from its beginning, all servers with weight 1.
lb_begin() {
	local service=$1 server
	lb_service_add "$service" "$2" || bail "no service $service"
	shift 2
	for server; do
		lb_server_add "$service" "$server" 1 || bail "no server $server"
	done
}

# lb_by_ipvsadm: whether stock ipvsadm configures it, by the family IPVS, which has no more than that.
lb_by_ipvsadm() {
	[ "$LB_BACKEND" = ipvs ] || [ "$LB_TOOL" = ipvsadm ]
}

# lb_needs rvs REASON: skip the test on the other backend.
lb_needs() {
	[ "$LB_BACKEND" = "$1" ] || skip_all "$2"
}

# needs_rvs WHAT-IPVS-DOES: skips the case on the other backend. To be followed by || return.
needs_rvs() {
	[ "$LB_BACKEND" = rvs ] || {
		skip "IPVS $*"
		return 1
	}
}
