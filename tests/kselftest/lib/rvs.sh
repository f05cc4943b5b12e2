# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The module, and what only rvsadm tells of it: whatever tool configures it; see backend.sh.

# The module beside the tests, as when they are copied to a machine; otherwise the installed one.
RVS_MODULE=${RVS_MODULE:-$KSELFTEST_DIR/../rvs.ko}

lb_is_loaded() {
	[ -d /sys/module/rvs ]
}

lb_load() {
	lb_is_loaded && return
	if [ -e "$RVS_MODULE" ]; then
		insmod "$RVS_MODULE"
	else
		modprobe rvs
	fi
}

# FAST_PATH=off in the environment runs the tests without.
lb_prepare() {
	[ "${FAST_PATH-on}" = on ] || in_ns "$DIRECTOR" sysctl -qw net.rvs.fast_path=0
}

lb_unload() {
	! lb_is_loaded || rmmod rvs
}

# director_rvsadm ARGUMENT...: the tool, acting on the director.
director_rvsadm() {
	rvsadm --netns "$DIRECTOR" "$@"
}

# members_of_all SERVICE MEMBER...: for each server, who it is and members of its JSON object, in this order.
members_of_all() {
	local service=$1
	shift
	director_rvsadm --json show "$service" | awk -f "$KSELFTEST_DIR/lib/json.awk" |
		awk -v members="$*" '
			match($1, /\.servers\.[0-9]+\./) {
				server = substr($1, RSTART, RLENGTH)
				seen[server, substr($1, RSTART + RLENGTH)] = $2
				servers[server]
			}
			END {
				count = split(members, member, " ")
				for (server in servers) {
					address = seen[server, "address"]
					if (address ~ /:/)
						address = "[" address "]"
					printf "%s:%s", address, seen[server, "port"]
					for (i = 1; i <= count; i++)
						printf " %s", seen[server, member[i]]
					print ""
				}
			}'
}

# server_members SERVICE SERVER MEMBER...: the same of one server, without who it is.
server_members() {
	local server=$2
	set -- "$1" "${@:3}"
	members_of_all "$@" | awk -v server="$server" '$1 == server { sub(/^[^ ]* /, ""); print }'
}

# They are summed up when they are read.
lb_counters_settle() {
	:
}

lb_connection_count() {
	director_rvsadm --json show | awk -f "$KSELFTEST_DIR/lib/json.awk" |
		awk '$1 == ".info.connections" { print $2 }'
}

lb_connection_list() {
	# The first line is the heading.
	director_rvsadm connection list "$@" | awk '
		NR > 1 {
			# Of services of many ports it tells the one after a comma.
			sub(/^.*,/, "", $1)
			split($1, service, "/")
			print service[1], $2, service[2], $3, $5, $6 + 0
		}' | sort
}

# paths MEMBER...: of rvsadm --json stats of the director, on one line.
paths() {
	director_rvsadm --json stats | awk -f "$KSELFTEST_DIR/lib/json.awk" |
		awk -v members="$*" '
			{ seen[substr($1, 2)] = $2 }
			END {
				count = split(members, member, " ")
				for (i = 1; i <= count; i++)
					printf "%s%s", seen[member[i]], i < count ? " " : "\n"
			}'
}
