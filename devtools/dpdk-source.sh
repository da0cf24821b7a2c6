# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
# shellcheck shell=bash
#
# Debian's dpdk source package: fetched by apt into the cache once, unpacked
# where it is wanted. The machine's own apt configuration stays as it is: the
# source index lives in the cache. To be sourced after lib.sh.

dpdk_source_apt=$cache/apt

# The distribution's archives as deb-src lines, from those it has binaries of.
dpdk_source_list() {
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' \
		'Created-By: Packages' |
		awk -v keyring="$keyring" '
			$4 == "Debian" && !seen[$0]++ {
				printf "deb-src [signed-by=%s] %s %s %s\n", keyring, $1, $2, $3
			}'
}

dpdk_source_apt_get() {
	apt-get -qq -o Dir::Etc::SourceList="$dpdk_source_apt/sources.list" \
		-o Dir::Etc::SourceParts=- -o Dir::State::Lists="$dpdk_source_apt/lists" \
		-o Dir::Cache="$dpdk_source_apt/cache" -o APT::Sandbox::User=root "$@"
}

# Fetch the package unless it is in the cache; prints the .dsc file.
dpdk_source_fetch() {
	local dir=$cache/dpdk-source log=$cache/apt.log
	if ! ls "$dir"/dpdk_*.dsc >/dev/null 2>&1; then
		say "fetching Debian's dpdk source package" >&2
		rm -rf "$dir.new"
		mkdir -p "$dir.new" "$dpdk_source_apt/lists/partial" \
			"$dpdk_source_apt/cache/archives/partial" ||
			die "cannot write to $cache (set HOME or XDG_CACHE_HOME)"
		dpdk_source_list >"$dpdk_source_apt/sources.list"
		[ -s "$dpdk_source_apt/sources.list" ] ||
			die "apt knows no Debian archive: check /etc/apt/sources.list, then run apt-get update"
		dpdk_source_apt_get update >>"$log" 2>&1 &&
			(cd "$dir.new" && dpdk_source_apt_get source --download-only dpdk) >>"$log" 2>&1 ||
			die "apt could not fetch the dpdk source package (its output: $log)"
		rm -rf "$dir"
		mv "$dir.new" "$dir"
	fi
	ls "$dir"/dpdk_*.dsc
}

# dpdk_source_unpack DIR: DIR becomes Debian's tree, patches applied.
dpdk_source_unpack() {
	local dsc
	dsc=$(dpdk_source_fetch) || exit
	[ "$1/.unpacked" -nt "$dsc" ] && return 0
	rm -rf "$1"
	mkdir -p "$(dirname "$1")"
	dpkg-source --no-check --no-copy -x "$dsc" "$1" >"$cache/unpack.log" 2>&1 ||
		die "dpkg-source could not unpack $dsc (its output: $cache/unpack.log)"
	touch "$1/.unpacked"
}
