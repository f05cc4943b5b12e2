#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Packets that no kernel sends, from the clients' side and from the servers': they are refused or passed on, and leave
# nothing behind but connections that a right packet would have made.
. "$(dirname "$0")/lib.sh"

TCP_SERVICE=tcp/$VIP:7000
UDP_SERVICE=udp/$VIP:7000
SERVER=${SERVER_IPS[0]}:7000

# mac NAMESPACE INTERFACE
mac() {
	in_ns "$1" cat "/sys/class/net/$2/address"
}

# received INTERFACE: packets that the director got there.
received() {
	in_ns "$DIRECTOR" cat "/sys/class/net/$1/statistics/rx_packets"
}

# from_client KIND MOST-CONNECTIONS: so many of the packets are right enough to begin a connection.
from_client() {
	send_garbage "$1" "$2" client "$CLIENT" "$client_mac" "$CLIENT_IP" "$VIP:7000"
}

from_server() {
	# To where the client has its established connection, from where the real server serves it: replies.
	send_garbage "$1" 0 server1 "${SERVERS[0]}" "$server_mac" "${SERVER_IPS[0]}" "$CLIENT_IP:$client_port"
}

# connections_created: from the start, by both services.
connections_created() {
	local service
	lb_counters_settle
	for service in "$TCP_SERVICE" "$UDP_SERVICE"; do
		lb_counters "$service" "$SERVER"
	done | awk '{ sum += $1 } END { print sum }'
}

# send_garbage KIND MOST-CONNECTIONS DIRECTOR-INTERFACE NAMESPACE MAC SOURCE DESTINATION
send_garbage() {
	local kind=$1 most=$2 interface=$3 namespace=$4 sent before created understood
	shift 4
	understood=$(counted_packets "$DIRECTOR" "understood_$interface")
	before=$(received "$interface")
	created=$(connections_created)
	sent=$(in_ns "$namespace" python3 -S "$HELPERS/garbage.py" eth0 "$@" "$kind")
	expect_range "packets sent" 16 100000 "$sent"
	# They have all arrived, and did not get stuck before.
	expect_range "packets that the director got" "$sent" 1000000 $(($(received "$interface") - before))
	expect_range "packets of them that passed the IP layer" 1 1000000 \
		$(($(counted_packets "$DIRECTOR" "understood_$interface") - understood))
	expect_range "new connections" 0 "$most" $(($(connections_created) - created))
	site_is_unharmed
}

site_is_unharmed() {
	expect_equal "configuration" "$configuration" "$(lb_configuration)"
	expect_equal "who answers the connection of before" server1 "$(talk me ask established)"
	expect_equal "who answers the datagrams of before" server1 "$(talk me ask datagrams)"
	expect_match "opening a new one" '^ok' "$(talk me open new tcp "$VIP" 7000)"
	expect_equal "who answers it" server1 "$(talk me ask new)"
	talk me reset new >"$TEST_DIR/reset"
}

truncated_packets() { from_client truncated 0; }
lying_ip_lengths() { from_client ip_lengths 0; }
# IPVS looks at no length here, so it makes a connection of each.
lying_transport_lengths() { from_client transport_lengths 22; }
# A director need not check what the ends check.
wrong_checksums() { from_client checksums 16; }
incomplete_fragments() { from_client fragments 0; }
icmp_errors_with_lies() { from_client icmp 0; }
ip_options() { from_client options 20; }
random_mutations() { from_client mutations 3000; }

truncated_replies() { from_server truncated; }
lying_ip_lengths_of_replies() { from_server ip_lengths; }
lying_transport_lengths_of_replies() { from_server transport_lengths; }
wrong_checksums_of_replies() { from_server checksums; }
incomplete_fragments_of_replies() { from_server fragments; }
icmp_errors_of_servers_with_lies() { from_server icmp; }
ip_options_of_replies() { from_server options; }
random_mutations_of_replies() { from_server mutations; }

test_begin
talk_server_start "${SERVERS[0]}" server1 tcp:7000 udp:7000
talk_client_start me "$CLIENT"
for service in "$TCP_SERVICE" "$UDP_SERVICE"; do
	lb_service_add "$service" wrr || bail "no service"
	lb_server_add "$service" "$SERVER" 1 || bail "no server"
done
# What gets here has a right IP header, and goes on to the load balancer.
count_packets "$DIRECTOR" understood_client prerouting "iif client"
count_packets "$DIRECTOR" understood_server1 prerouting "iif servers"
client_mac=$(mac "$DIRECTOR" client)
server_mac=$(mac "$DIRECTOR" servers)
configuration=$(lb_configuration)
client_port=$(talk me open established tcp "$VIP" 7000 35000)
client_port=${client_port#ok }
talk me open datagrams udp "$VIP" 7000 35000 >"$TEST_DIR/opened"
site_is_unharmed

ktap_run \
	truncated_packets \
	lying_ip_lengths \
	lying_transport_lengths \
	wrong_checksums \
	incomplete_fragments \
	icmp_errors_with_lies \
	ip_options \
	random_mutations \
	truncated_replies \
	lying_ip_lengths_of_replies \
	lying_transport_lengths_of_replies \
	wrong_checksums_of_replies \
	incomplete_fragments_of_replies \
	icmp_errors_of_servers_with_lies \
	ip_options_of_replies \
	random_mutations_of_replies
