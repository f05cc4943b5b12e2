# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # what is told of tunnels is of tunnel.sh
# The load balancer is the kernel's IPVS; see backend.sh for what the functions do.

lb_is_loaded() {
	[ -d /sys/module/ip_vs ]
}

lb_load() {
	modprobe -a ip_vs ip_vs_rr ip_vs_wrr
}

lb_prepare() {
	:
}

lb_unload() {
	local modules
	# Schedulers were loaded when they were asked for.
	mapfile -t modules < <(awk '$1 ~ /^ip_vs_/ { print $1 }' /proc/modules)
	! lb_is_loaded || modprobe -r "${modules[@]}" ip_vs
}

director_ipvsadm() {
	ip netns exec "$DIRECTOR" ipvsadm "$@"
}

# The service as ipvsadm names it: -t, -u or --sctp-service, and the address, or -f and the mark.
ipvs_service() {
	case $1 in
	tcp/*:\*) service_arguments=(-t "$(all_ports "$1")") ;;
	udp/*:\*) service_arguments=(-u "$(all_ports "$1")") ;;
	tcp/*) service_arguments=(-t "${1#tcp/}") ;;
	udp/*) service_arguments=(-u "${1#udp/}") ;;
	sctp/*:\*) service_arguments=(--sctp-service "$(all_ports "$1")") ;;
	sctp/*) service_arguments=(--sctp-service "${1#sctp/}") ;;
	mark/*/ipv6) service_arguments=(-f "$(mark_of "$1")" -6) ;;
	mark/*) service_arguments=(-f "${1#mark/}") ;;
	esac
}

# all_ports PROTOCOL/ADDRESS:*
all_ports() {
	local service=${1#*/}
	echo "${service%\*}0"
}

# mark_of mark/NUMBER/FAMILY
mark_of() {
	local mark=${1#mark/}
	echo "${mark%/*}"
}

lb_service_add() {
	local settings=(-s "$2")
	case $1 in *:\*) settings+=(-p 300) ;; esac
	[ "${3-}" != one-packet ] || settings+=(-o)
	ipvs_service "$1"
	director_ipvsadm -A "${service_arguments[@]}" "${settings[@]}"
}

lb_service_persistent() {
	local bits=$HOST_BITS
	[[ $3 != */* ]] || bits=${3#*/}
	ipvs_service "$1"
	director_ipvsadm -A "${service_arguments[@]}" -s "$2" -p "${3%/*}" -M "$(netmask "$bits")" ${4:+-o}
}

# netmask BITS: as ipvsadm is told of it.
netmask() {
	local mask=$((0xffffffff << (32 - $1) & 0xffffffff))
	case $FAMILY in
	v4) echo "$((mask >> 24)).$((mask >> 16 & 255)).$((mask >> 8 & 255)).$((mask & 255))" ;;
	v6) echo "$1" ;;
	esac
}

# A template is listed as a connection from port 0; its server has port 65535 when it has ended.
lb_templates() {
	director_ipvsadm -Lcn | awk -v service="${1#*/}" '
		$4 ~ /:0$/ && $5 == service && $6 !~ /:65535$/ { gsub(/^\[|\]?:0$/, "", $4); print $4, $6 }' | sort
}

lb_persistent() {
	ipvs_service "$1"
	director_ipvsadm -Ln --persistent-conn "${service_arguments[@]}" | awk -v server="$2" '$1 == "->" && $2 == server { print $4 }'
}

lb_expire_quiescent() {
	in_ns "$DIRECTOR" sysctl -qw "net.ipv4.vs.expire_quiescent_template=$1"
}

lb_service_set() {
	ipvs_service "$1"
	director_ipvsadm -E "${service_arguments[@]}" -s "$2"
}

lb_service_del() {
	ipvs_service "$1"
	director_ipvsadm -D "${service_arguments[@]}"
}

# The forward method as ipvsadm names it.
declare -A ipvs_forward=([nat]=-m [dr]=-g [tun]=-i)

# ipvs_server SERVER: as ipvsadm wants it, which takes an address of IPv6 in brackets only with a port.
ipvs_server() {
	case $1 in
	*]) echo "$1:0" ;;
	*) echo "$1" ;;
	esac
}

lb_server_add() {
	ipvs_service "$1"
	director_ipvsadm -a "${service_arguments[@]}" -r "$(ipvs_server "$2")" "${ipvs_forward[$LB_FORWARD]}" "${tunnel_options[@]}" -w "$3" -x "${4:-0}" -y "${5:-0}"
}

lb_server_weight() {
	ipvs_service "$1"
	director_ipvsadm -e "${service_arguments[@]}" -r "$(ipvs_server "$2")" "${ipvs_forward[$LB_FORWARD]}" "${tunnel_options[@]}" -w "$3"
}

lb_server_set() {
	ipvs_service "$1"
	director_ipvsadm -e "${service_arguments[@]}" -r "$(ipvs_server "$2")" "${ipvs_forward[$LB_FORWARD]}" "${tunnel_options[@]}" -w "$3" -x "$4" -y "$5"
}

lb_server_del() {
	ipvs_service "$1"
	director_ipvsadm -d "${service_arguments[@]}" -r "$(ipvs_server "$2")"
}

# ipvsadm reads commands as it would be called.
lb_changes() {
	local change service server weight
	while read -r change service server weight; do
		ipvs_service "$service"
		case $change in
		service_add) echo "-A ${service_arguments[*]} -s $server" ;;
		service_del) echo "-D ${service_arguments[*]}" ;;
		server_add) echo "-a ${service_arguments[*]} -r $server ${ipvs_forward[$LB_FORWARD]} -w $weight" ;;
		server_weight) echo "-e ${service_arguments[*]} -r $server ${ipvs_forward[$LB_FORWARD]} -w $weight" ;;
		server_del) echo "-d ${service_arguments[*]} -r $server" ;;
		esac
	done | director_ipvsadm -R
}

lb_flush() {
	director_ipvsadm -C
}

lb_configuration() {
	director_ipvsadm -Sn
}

lb_counters() {
	ipvs_service "$1"
	director_ipvsadm -Ln --stats --exact "${service_arguments[@]}" |
		awk -v server="$2" '$1 == "->" && $2 == server { print $3, $4, $5, $6, $7 }'
}

# IPVS sums them up every two seconds, and has no sign that it did.
lb_counters_settle() {
	sleep 2.2
}

lb_connections() {
	lb_connections_of_all "$1" | awk -v server="$2" '$1 == server { print $2, $3 }'
}

lb_connections_of_all() {
	ipvs_service "$1"
	director_ipvsadm -Ln "${service_arguments[@]}" | awk '$1 == "->" && $2 ~ /:[0-9]+$/ { print $2, $5, $6 }'
}

lb_connection_count() {
	# One line is the heading.
	ip netns exec "$DIRECTOR" awk 'END { print NR - 1 }' /proc/net/ip_vs_conn
}

lb_connection_list() {
	director_ipvsadm -Lcn | awk -v wanted="${1-}" '
		$1 == "TCP" || $1 == "UDP" || $1 == "SCTP" {
			protocol = tolower($1)
			if (wanted != "" && wanted != protocol "/" $5)
				next
			split($2, time, ":")
			print protocol, $4, $5, $6, $3, time[1] * 60 + time[2]
		}' | sort
}

lb_timeouts() {
	director_ipvsadm -L --timeout | awk '$1 == "Timeout" { print $5, $6, $7 }'
}

lb_timeouts_set() {
	director_ipvsadm --set "$@"
}

lb_service_counters() {
	ipvs_service "$1"
	director_ipvsadm -Ln --stats --exact "${service_arguments[@]}" |
		awk '$1 == "TCP" || $1 == "UDP" || $1 == "SCTP" { print $3, $4, $5, $6, $7 }'
}

lb_rates() {
	ipvs_service "$1"
	director_ipvsadm -Ln --rate --exact "${service_arguments[@]}" |
		awk -v server="${2-}" '
			server == "" && ($1 == "TCP" || $1 == "UDP" || $1 == "SCTP") || $1 == "->" && $2 == server { print $3, $4, $5, $6, $7 }'
}

lb_totals() {
	stats_line 3
}

lb_total_rates() {
	stats_line 6
}

# stats_line NUMBER: a line of numbers of the file, which are hexadecimal there.
stats_line() {
	local columns
	read -ra columns < <(ip netns exec "$DIRECTOR" sed -n "$1p" /proc/net/ip_vs_stats)
	echo $((16#${columns[0]})) $((16#${columns[1]})) $((16#${columns[2]})) $((16#${columns[3]})) $((16#${columns[4]}))
}

lb_zero() {
	if [ $# = 0 ]; then
		director_ipvsadm -Z
	else
		ipvs_service "$1"
		director_ipvsadm -Z "${service_arguments[@]}"
	fi
}
