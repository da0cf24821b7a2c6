# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
# shellcheck shell=bash
#
# What the scripts here have in common: where things are, how to speak to the
# user, how to show that long work moves. To be sourced.

root=${root:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
build=$root/build
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/hyperv-dpdk
export CCACHE_DIR=$cache/ccache CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-3G}
# The distribution's python has the modules that DPDK's build wants; another
# python further ahead in PATH usually has not.
export PATH=/usr/bin:/usr/sbin:/bin:/sbin:$PATH
unset PYTHONPATH PYTHONHOME

say() {
	printf '%s\n' "$*"
}

# One sentence, then the end: status 2, for wrong use and what the user can mend.
die() {
	printf 'dev: %s\n' "$*" >&2
	exit 2
}

need_root() {
	[ "$(id -u)" = 0 ] || die "$1 needs root; run it with sudo"
}

# with_progress NAME LOG COMMAND...: run COMMAND with its output in LOG; show the
# [n/m] that ninja prints, in place on a terminal and now and then elsewhere.
with_progress() {
	local name=$1 log=$2 tty=0 start=$SECONDS
	shift 2
	[ -t 1 ] && tty=1
	mkdir -p "$(dirname "$log")"
	if ! "$@" 2>&1 | tee "$log" | progress "$name" "$tty"; then
		[ $tty = 1 ] && printf '\n'
		tail -n 30 "$log" >&2
		die "$name failed; the whole output is in $log"
	fi
	[ $tty = 1 ] && printf '\r\033[K'
	say "$name: done in $((SECONDS - start)) s"
}

# Filter of with_progress; swallows everything, prints only where the work is.
progress() {
	awk -v name="$1" -v tty="$2" '
		match($0, /^\[[0-9]+\/[0-9]+\]/) {
			split(substr($0, 2, RLENGTH - 2), at, "/")
			if (tty)
				printf "\r\033[K%s: %d of %d", name, at[1], at[2]
			else if (at[1] >= next_at) {
				printf "%s: %d of %d\n", name, at[1], at[2]
				next_at = at[1] + int(at[2] / 4) + 1
			}
			fflush()
		}'
}
