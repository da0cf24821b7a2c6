#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
#
# ./dev check: what can be said about the sources and the built plugins without
# running them. Each check is a sentence; DPDK's own checkers do the DPDK part.
set -euo pipefail
cd "$(dirname "$0")/.."
. devtools/lib.sh
. devtools/packages.sh

tree=$build/dpdk-debian/src
junit=/dev/null
passed=0
failed=0
report=

# The functions of the bus that programs and drivers may link to.
bus_symbols="chan_close chan_open chan_recv chan_recv_raw chan_rx_empty chan_send chan_send_sglist
	chan_signal_read chan_signal_tx irq_mask irq_read irq_unmask map_device max_channels probe
	scan set_latency sub_channel_index subchan_open unmap_device register unregister"

sources() {
	git ls-files --cached --others --exclude-standard "$@" |
		while IFS= read -r file; do [ -f "$file" ] && printf '%s\n' "$file"; done
}

# Prints what is wrong; nothing when all is well. So do all functions named check_*.
check_licence() {
	sources | grep -vE '\.(md|ini|json|svg|png)$|^(LICENSE|MAINTAINERS|\.gitignore)$|version\.map$' |
		while IFS= read -r file; do
			head -n 4 "$file" | grep -q 'SPDX-License-Identifier: BSD-3-Clause' || say "$file"
		done
}

check_separation() {
	grep -rnE '#include.*(drivers/|rte_|bus_vmbus|hn_|nvsp\.h|ndis\.h)' app/hvhost |
		grep -vE 'app/hvhost/[^:]*:[0-9]+:#include "(nvsp|rndis)\.h"' || true
	grep -rnE '#include.*hvhost' drivers || true
}

check_meson_style() {
	local folder
	for folder in drivers/bus/vmbus drivers/net/netvsc; do
		python3 "$tree/devtools/check-meson.py" -d "$folder" || true
	done
}

check_forbidden_tokens() {
	local patch
	patch=$(mktemp)
	sources drivers | grep '\.[ch]$' | while IFS= read -r file; do
		git diff --no-index /dev/null "$file" || true
	done >"$patch"
	# Our compat headers spell the new words in old trees' builtins: that is their task.
	(cd "$tree" && DPDK_CHECKPATCH_PATH=/bin/true DPDK_CHECKPATCH_CODESPELL=/dev/null \
		devtools/checkpatches.sh -q "$patch" 2>&1) |
		grep -vE '^$|^[0-9]+/[0-9]+ valid|^### |INFO: symbol|is added' || true
	rm -f "$patch"
}

check_bus_symbols() {
	local want have symbol
	have=$(nm -D --defined-only "$build"/plugins/librte_bus_vmbus.so.*.* | awk '{ print $3 }' |
		sed 's/@.*//')
	for symbol in $bus_symbols; do
		want=rte_vmbus_$symbol
		grep -qx "$want" <<<"$have" || say "missing: $want"
	done
}

check_shell() {
	command -v shellcheck >/dev/null || { say "shellcheck is not installed"; return 0; }
	shellcheck -x -e SC1090,SC1091,SC2154,SC2016,SC2046,SC2015,SC2034,SC2001 dev devtools/*.sh .ci/run || true
}

# check SENTENCE FUNCTION
check() {
	local found
	found=$($2 2>&1)
	if [ -z "$found" ]; then
		say "ok    $1"
		passed=$((passed + 1))
		report+="<testcase classname=\"check\" name=\"$1\"/>"
	else
		say "FAIL  $1"
		sed 's/^/      /' <<<"$found"
		failed=$((failed + 1))
		report+="<testcase classname=\"check\" name=\"$1\"><failure message=\"see the output\"/></testcase>"
	fi
}

while [ $# -gt 0 ]; do
	case $1 in
	--junit)
		[ -n "${2:-}" ] || die "--junit wants a file"
		junit=$2
		shift
		;;
	-h | --help) say "usage: ./dev check [--junit FILE]"; exit ;;
	*) die "check does not know '$1'" ;;
	esac
	shift
done
packages_install shellcheck gawk
[ -d "$build/plugins" ] || die "nothing is built yet; run ./dev build first"

check "every file names its licence" check_licence
check "the host and the drivers share no header" check_separation
check "the drivers' meson files are in DPDK's style" check_meson_style
check "the drivers use nothing that DPDK forbids" check_forbidden_tokens
check "the bus library exports the whole ABI" check_bus_symbols
check "the shell scripts are clean" check_shell
printf '<testsuite name="check">%s</testsuite>\n' "$report" >"$junit"
[ $failed = 0 ]
