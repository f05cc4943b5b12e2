# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What a site is made of: namespaces, links between them, and what each namespace has. Each is made at once, unless a site has
# been begun: then all of it is, by two processes for each namespace, when the site ends. On an emulated processor a process
# takes longer than what it does.

# in_ns NAMESPACE COMMAND...
in_ns() {
	ip netns exec "$@"
}

site_begun=n site_namespaces=() site_links=''
declare -A site_settings=() site_lines=()

# site_begin: what follows is made by site_end.
site_begin() {
	site_begun=y site_namespaces=() site_links='' site_settings=() site_lines=()
}

# namespace_add NAMESPACE...
namespace_add() {
	if [ "$site_begun" = y ]; then
		site_namespaces+=("$@")
	else
		printf 'netns add %s\n' "$@" | ip -batch -
	fi
}

# link_add NAMESPACE DEVICE PEER-NAMESPACE PEER-DEVICE: a veth pair.
link_add() {
	local words="link add $2 netns $1 type veth peer name $4 netns $3"
	if [ "$site_begun" = y ]; then
		site_links+=$words$'\n'
	else
		ip -batch - <<<"$words"
	fi
}

# ip_in NAMESPACE: what ip is to do there, in its lines on standard input.
ip_in() {
	local lines
	if [ "$site_begun" = y ]; then
		# It ends with the input, not with a delimiter.
		IFS= read -rd '' lines || :
		site_lines[$1]+=$lines
	else
		ip -n "$1" -batch -
	fi
}

# set_in NAMESPACE KEY=VALUE...: settings of sysctl. Those of a site are there before its devices are.
set_in() {
	local namespace=$1
	shift
	if [ "$site_begun" = y ]; then
		site_settings[$namespace]+=" $*"
	else
		in_ns "$namespace" sysctl -qw "$@"
	fi
}

# site_end: makes the site.
site_end() {
	local namespace
	site_begun=n
	namespace_add "${site_namespaces[@]}" || return
	for namespace in "${!site_settings[@]}"; do
		# shellcheck disable=SC2086 # words
		set_in "$namespace" ${site_settings[$namespace]} || return
	done
	ip -batch - <<<"$site_links" || return
	for namespace in "${!site_lines[@]}"; do
		ip_in "$namespace" <<<"${site_lines[$namespace]}" || return
	done
}
