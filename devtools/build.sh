#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
#
# ./dev build: DPDK with our drivers, the emulated host, the unit tests.
set -euo pipefail
cd "$(dirname "$0")/.."
. devtools/lib.sh
. devtools/packages.sh
. devtools/dpdk-source.sh
. devtools/overlay.sh
. devtools/dpdk-build.sh

usage() {
	cat <<-EOF
	usage: ./dev build [--dpdk DIR] [--stock] [--neighbours]

	Builds Debian's dpdk source package with our drivers in place of its own, and
	the emulated host. Leaves the plugins in build/plugins, the programs in build/bin.

	  --dpdk DIR   build this DPDK source tree (22.11 to 26.11) instead; DIR itself is
	               not changed, a copy is built in build/dpdk-VERSION
	  --stock      also build the untouched l2fwd and l3fwd that ./dev test compares with
	  --neighbours also build DPDK's drivers that ./dev bench compares with: virtio and others
	EOF
}

# copy_tree FROM TO: whole when FROM is another tree, otherwise what is newer in it.
# Time stamps are kept, so the build redoes what changed.
copy_tree() {
	local entry
	if [ "$(cat "$2/.copied" 2>/dev/null)" != "$1 $(cat "$1/VERSION")" ]; then
		rm -rf "$2"
		mkdir -p "$2"
	fi
	for entry in "$1"/*; do
		case ${entry##*/} in build | drivers) continue ;; esac
		cp -au "$entry" "$2/"
	done
	mkdir -p "$2/drivers"
	(cd "$1" && find drivers -type f ! -path 'drivers/bus/vmbus/*' ! -path 'drivers/net/netvsc/*' \
		-print0) | (cd "$1" && xargs -0 cp -au --parents -t "$2")
	printf '%s' "$1 $(cat "$1/VERSION")" >"$2/.copied"
}

prepare_tree() {
	if [ -n "$dpdk" ]; then
		version=$(overlay_version "$dpdk")
		overlay_check_version "$version"
		tree=$build/dpdk-$version/src
		copy_tree "$dpdk" "$tree"
	else
		tree=$build/dpdk-debian/src
		dpdk_source_unpack "$tree"
		version=$(overlay_version "$tree")
		overlay_check_version "$version"
	fi
	out=$(dirname "$tree")/build
	overlay_lay "$tree"
}

build_app() {
	app=$(dirname "$tree")/app
	if [ ! -f "$app/build.ninja" ]; then
		CC="ccache ${CC:-gcc}" PKG_CONFIG_PATH=$out/meson-uninstalled \
			with_progress "configuring hvhost and tests" "$app.setup.log" \
			meson setup "$app" . --buildtype=debugoptimized --werror
	fi
	dpdk_ninja "building hvhost and tests" "$app"
}

# A copy, for plugins are loaded by where they really are. Programs that run
# with the former one keep it: it is replaced, not written to.
link_plugin() {
	local to=$build/plugins/${1##*/}
	case $1 in *.symbols | *.p) return ;; esac
	if [ -L "$1" ]; then
		[ -L "$to" ] || cp -P "$1" "$to"
	elif ! cmp -s "$1" "$to"; then
		cp "$1" "$to.new"
		mv "$to.new" "$to"
	fi
}

link_results() {
	local lib program
	if [ "$(cat "$build/.linked" 2>/dev/null)" != "$out" ]; then
		rm -rf "${build:?}/plugins" "${build:?}/bin"
		mkdir -p "$build/plugins" "$build/bin"
		printf '%s' "$out" >"$build/.linked"
	fi
	for lib in "$out"/drivers/librte_{bus_vmbus,net_netvsc}.so.[0-9]*; do
		[ ! -f "$lib" ] || link_plugin "$lib"
	done
	for program in "$out"/app/dpdk-{testpmd,proc-info,pdump,dumpcap} \
		"$out"/examples/dpdk-{l2fwd,l3fwd,l3fwd-power,symmetric_mp} \
		"$app"/app/hvhost/{hvhost,libhvguest.so} "$app"/app/bench/program/hv-bench \
		"$app"/app/bench/lines/hv-bench-lines \
		"$app"/app/test/programs/hv-{attach,hold,ownpool,rxsleep,splitfwd}; do
		[ -f "$program" ] || die "the build left no $program"
		[ "$(readlink "$build/bin/$(basename "$program")")" = "$program" ] ||
			ln -sf "$program" "$build/bin/"
	done
}

build_stock() {
	local stock=$build/stock/src
	dpdk_source_unpack "$stock"
	dpdk_build_stock "$stock" "$build/stock/build" "$(cat "$stock/VERSION")"
	mkdir -p "$build/stock/bin"
	ln -sf ../build/examples/dpdk-l2fwd "$build/stock/bin/l2fwd"
	ln -sf ../build/examples/dpdk-l3fwd "$build/stock/bin/l3fwd"
}

build_neighbours() {
	local stock=$build/stock/src
	dpdk_source_unpack "$stock"
	dpdk_build_neighbours "$stock" "$build/stock/neighbours" "$(cat "$stock/VERSION")"
}

dpdk=
stock=false
neighbours=false
while [ $# -gt 0 ]; do
	case $1 in
	--dpdk)
		[ -n "${2:-}" ] || die "--dpdk wants the directory of a DPDK source tree"
		[ -d "$2" ] || die "there is no directory $2 (--dpdk wants a DPDK source tree)"
		dpdk=$(cd "$2" && pwd)
		case $dpdk/ in "$build"/*) die "$dpdk is a copy that this build made; name the original" ;; esac
		version=$(overlay_version "$dpdk")
		overlay_check_version "$version"
		shift
		;;
	--stock) stock=true ;;
	--neighbours) neighbours=true ;;
	-h | --help) usage; exit ;;
	*) die "build does not know '$1'; ./dev build --help lists its options" ;;
	esac
	shift
done

# shellcheck disable=SC2086
packages_install $packages_build
prepare_tree
dpdk_build_ours "$tree" "$out" "$version"
build_app
link_results
if $stock; then build_stock; fi
if $neighbours; then build_neighbours; fi
say "ready: plugins in build/plugins, programs in build/bin (DPDK $version)"
