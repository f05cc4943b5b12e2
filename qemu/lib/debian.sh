# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Debian packages of the kernel suite, looked up and downloaded by apt with a configuration of our own: the host's
# sources and package state are neither used nor changed. apt verifies every file against the signed index.
# Sourced after common.sh.

RVS_KERNEL_SUITE=$RVS_SUITE-backports

debian_conf() {
	local dir=$RVS_CACHE/apt keyring
	for keyring in /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
		[ ! -e "$keyring" ] || break
	done
	mkdir -p "$dir/lists/partial" "$dir/archives/partial"
	: >"$dir/status"
	echo "deb [signed-by=$keyring] $RVS_MIRROR $RVS_KERNEL_SUITE main" >"$dir/sources.list"
	# The sandbox user may not enter the caller's cache; proxies and the like still come from the host's configuration.
	cat >"$dir/apt.conf" <<-EOF
		Dir::State "$dir";
		Dir::State::status "$dir/status";
		Dir::Cache "$dir";
		Dir::Etc::sourcelist "$dir/sources.list";
		Dir::Etc::sourceparts "-";
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; };
		APT::Sandbox::User "";
		Acquire::Languages "none";
		Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
		Acquire::Retries "3";
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
	EOF
	echo "$dir/apt.conf"
}

# debian_update: fetch the suite's index.
debian_update() {
	local conf
	conf=$(debian_conf)
	with_progress "package index of $RVS_KERNEL_SUITE" -- apt-get -c "$conf" --error-on=any update
}

# debian_field PACKAGE FIELD: one field of the newest version of a package.
debian_field() {
	apt-cache -c "$RVS_CACHE/apt/apt.conf" --no-all-versions show "$1" | sed -n "s/^$2: //p"
}

# debian_unpack DIR PACKAGE...: download packages and unpack them together into the new directory DIR.
debian_unpack() {
	local dir=$1 deb downloads
	shift
	downloads=$dir.download
	rm -rf "$downloads" "$dir"
	mkdir -p "$downloads" "$dir"
	with_progress "download: $*" -- \
		env -C "$downloads" apt-get -c "$RVS_CACHE/apt/apt.conf" download "$@"
	for deb in "$downloads"/*.deb; do
		with_progress "unpack $(basename "$deb")" -- dpkg-deb -x "$deb" "$dir"
	done
	rm -rf "$downloads"
}
