#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
#
# ./dev test: builds, then runs every check and test; the last line counts them.
set -euo pipefail
cd "$(dirname "$0")/.."
. devtools/lib.sh
. devtools/packages.sh

usage() {
	cat <<-EOF
	usage: ./dev test [--long] [--check] [--unit] [--e2e [PYTEST-ARGUMENT ...]]

	Runs all of it without options, otherwise the named parts: style checks,
	unit tests (plain, then under AddressSanitizer and UndefinedBehaviorSanitizer),
	end-to-end tests with real programs and traffic.

	--long adds the end-to-end tests that take minutes: a host that pauses for
	a minute, programs killed at many points, hundreds of repetitions.
	EOF
}

reports=$build/reports

# One kind of build of the unit tests, and its run.
unit() {
	local name=$1 dir=$build/dpdk-debian/app-$1 status=0
	shift
	if [ ! -f "$dir/build.ninja" ]; then
		CC="ccache ${CC:-gcc}" \
			PKG_CONFIG_PATH=$build/dpdk-debian/build/meson-uninstalled \
			with_progress "configuring unit tests ($name)" "$dir.setup.log" \
			meson setup "$dir" . --buildtype=debugoptimized --werror "$@"
	fi
	with_progress "building unit tests ($name)" "$dir.log" ninja -C "$dir"
	say "unit tests ($name)"
	meson test -C "$dir" --no-rebuild --print-errorlogs || status=$?
	cp "$dir/meson-logs/testlog.json" "$reports/unit-$name.json" &&
		cp "$dir/meson-logs/testlog.junit.xml" "$reports/unit-$name.xml" ||
		die "the unit tests ($name) left no report"
	[ $status = 0 ] || failed=true
}

units() {
	unit plain
	# The sanitizers make clang and gcc alike slow to link, not to run.
	ASAN_OPTIONS=detect_leaks=1 unit sanitized -Db_sanitize=address,undefined -Db_lundef=false
}

e2e() {
	say "end to end"
	PYTHONPATH=$root/app /usr/bin/python3 -m pytest -p no:cacheprovider -v --tb=short \
		--junitxml="$reports/e2e.xml" ${long:+--long} app/test/e2e "$@" || failed=true
}

checks() {
	devtools/check.sh --junit "$reports/check.xml" || failed=true
}

parts=()
long=
while [ $# -gt 0 ]; do
	case $1 in
	--long) long=true ;;
	--check) parts+=(checks) ;;
	--unit) parts+=(units) ;;
	--e2e)
		parts+=(e2e)
		shift
		break
		;;
	-h | --help) usage; exit ;;
	*) die "test does not know '$1'; ./dev test --help lists its options" ;;
	esac
	shift
done
[ ${#parts[@]} -gt 0 ] || parts=(checks units e2e)

need_root "the test (network namespaces, TAPs, hugepages)"
# shellcheck disable=SC2086
packages_install $packages_build $packages_run $packages_test $packages_bench
devtools/build.sh --stock
rm -rf "$reports"
mkdir -p "$reports"
failed=false
for part in "${parts[@]}"; do
	start=$SECONDS
	if [ "$part" = e2e ]; then e2e "$@"; else $part; fi
	say "$part: $((SECONDS - start)) s"
done
/usr/bin/python3 devtools/count-results.py "$reports"/*.xml $(ls "$reports"/*.json 2>/dev/null) ||
	failed=true
! $failed
