# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # with lib.sh
# Real servers.

# http_server_start NUMBER PORT: nginx in the namespace of that server. It answers / with its name, and serves
# $TEST_DIR/files below /files/.
http_server_start() {
	local name=server$1 namespace=${SERVERS[$1 - 1]}
	local directory=$TEST_DIR/$name
	mkdir -p "$directory" "$TEST_DIR/files"
	cat >"$directory/nginx.conf" <<-EOF
		user root;
		worker_processes 1;
		pid $directory/pid;
		error_log $directory/error.log;
		events { worker_connections 1024; }
		http {
			access_log $directory/access.log;
			client_body_temp_path $directory/body;
			proxy_temp_path $directory/proxy;
			fastcgi_temp_path $directory/fastcgi;
			uwsgi_temp_path $directory/uwsgi;
			scgi_temp_path $directory/scgi;
			default_type text/plain;
			keepalive_requests 10000;
			server {
				listen $([ "$FAMILY" = v4 ] || echo "[::]:")$2 backlog=1024;
				location / { return 200 "$name\n"; }
				location /files/ { alias $TEST_DIR/files/; }
			}
		}
	EOF
	# It returns when it listens.
	in_ns "$namespace" nginx -e "$directory/error.log" -c "$directory/nginx.conf"
}

# talk_server_start NAMESPACE NAME PROTOCOL:PORT...: a server that says who it is; see helpers/talk_server.py.
talk_server_start() {
	local namespace=$1 ready=$TEST_DIR/ready.$2
	shift
	ip netns exec "$namespace" python3 -S "$HELPERS/talk_server.py" "$@" >"$ready" 2>"$ready.errors" &
	disown
	wait_until 20 test -s "$ready" || bail "$1 does not serve: $(cat "$ready.errors")"
}
