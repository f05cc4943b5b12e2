# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Packets of IPsec, which nobody encrypts, between the client and the first server: a case of nat_udp.sh, dr.sh and tun.sh.

# ipsec_start ADDRESS: the ends (helpers/ipsec_raw.py); that of the server has this address, and answers the key exchange at its UDP port 500.
ipsec_start() {
	talk_start near "$CLIENT" ipsec_raw.py "$CLIENT_IP"
	talk_start far "${SERVERS[0]}" ipsec_raw.py "$1"
}

# By the method of LB_FORWARD. The client of the key exchange is "me".
ipsec_follows_its_key_exchange() {
	local kind end connections service=udp/$VIP_HOST:500
	# With IPv6 IPVS looks for a flow behind the header of AH.
	local kinds=(esp)
	[ "$FAMILY-$LB_BACKEND" = v6-ipvs ] || kinds+=(ah)
	expect_success lb_service_add "$service" rr
	expect_success lb_server_add "$service" "${SERVER_HOSTS[0]}:500" 1
	for end in near far; do
		expect_equal "end $end" ready "$(hear "$end")"
	done
	for kind in "${kinds[@]}"; do
		expect_equal "sending" ok "$(talk near send "$kind" "$VIP" early)"
		expect_equal "$kind before the key exchange" nothing "$(talk far hear "$kind" 0.2)"
	done
	expect_equal "opening" "ok 500" "$(talk me open exchange udp "$VIP" 500 500)"
	expect_equal "who answers" server1 "$(talk me ask exchange)"
	connections=$(lb_connection_count)
	for kind in "${kinds[@]}"; do
		expect_equal "sending" ok "$(talk near send "$kind" "$VIP" question)"
		expect_equal "$kind at the server" "$CLIENT_IP question" "$(talk far hear "$kind")"
		expect_equal "sending" ok "$(talk far send "$kind" "$CLIENT_IP" answer)"
		expect_equal "$kind at the client" "$VIP answer" "$(talk near hear "$kind")"
	done
	# Others may have ended.
	expect_range "connections" 1 "$connections" "$(lb_connection_count)"
}
