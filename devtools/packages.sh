# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
# shellcheck shell=bash
#
# Debian packages that each task needs, and how they get onto the machine. To
# be sourced after lib.sh.

packages_build="build-essential dpkg-dev ca-certificates debian-archive-keyring meson ninja-build
	pkg-config ccache python3 python3-pyelftools libnuma-dev libpcap-dev libelf-dev
	libjansson-dev zlib1g-dev libcmocka-dev"
packages_run="iproute2 iputils-ping iperf3 procps util-linux"
packages_bench="python3-matplotlib valgrind"
packages_test="python3-pytest shellcheck gawk"

packages_missing() {
	local package
	for package in "$@"; do
		dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null |
			grep -q '^install ok installed$' || printf '%s ' "$package"
	done
}

# packages_install NAME...: install what is missing, or say what to do.
packages_install() {
	local missing
	command -v dpkg-query >/dev/null ||
		die "this is not a Debian machine: install what devtools/packages.sh lists"
	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0
	[ "$(id -u)" = 0 ] ||
		die "packages are missing; as root run: apt-get install $missing"
	say "installing: $missing"
	packages_apt "$cache/apt.log" update -qq || true
	# shellcheck disable=SC2086
	packages_apt "$cache/apt.log" install -y -qq --no-install-recommends $missing ||
		die "apt-get could not install: $missing(its output: $cache/apt.log)"
}

packages_apt() {
	local log=$1
	shift
	mkdir -p "$(dirname "$log")"
	DEBIAN_FRONTEND=noninteractive apt-get "$@" >>"$log" 2>&1 </dev/null
}
