# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
# shellcheck shell=bash
#
# Configures and builds a DPDK tree with meson: ours with the overlay, and an
# untouched one that serves as the independent witness in the tests. To be
# sourced after lib.sh.

dpdk_drivers=bus/vdev,bus/pci,bus/vmbus,mempool/ring,net/netvsc,net/ring,net/null,net/af_packet,net/pcap
dpdk_apps=test-pmd,proc-info,pdump,dumpcap
dpdk_examples=l2fwd,l3fwd,l3fwd-power,multi_process/symmetric_mp

# Drivers of other cards that the bench compares with.
dpdk_neighbours=(virtio vhost ring null)

# What of lib/ to build, net/vhost's if the drivers have it; the way to say it changed in 23.11.
dpdk_libs() {
	local version=$1 without=,vhost with=
	case $2 in *net/vhost*) without='' with=,vhost ;; esac
	case $version in
	22.* | 23.0[0-9].*)
		printf '%s' "-Ddisable_libs=bitratestats,cfgfile,flow_classify,gpudev,gro,jobstats,kni,"
		printf '%s' "latencystats,node,pipeline,port,table$without"
		;;
	*)
		printf '%s' "-Denable_libs=acl,bpf,cryptodev,dmadev,eventdev,fib,gro,gso,hash,ip_frag,lpm,"
		printf '%s' "metrics,pcapng,pdump,power,rib,security,timer$with"
		;;
	esac
}

# dpdk_configure TREE OUT VERSION OPTION...
dpdk_configure() {
	local tree=$1 out=$2 version=$3 options
	shift 3
	options="$* $(dpdk_libs "$version" "$*")"
	[ -f "$out/build.ninja" ] && [ "$(cat "$out/.options" 2>/dev/null)" = "$options" ] && return 0
	rm -rf "$out"
	# shellcheck disable=SC2086
	CC="ccache ${CC:-gcc}" with_progress "configuring DPDK $version" "$out.setup.log" \
		meson setup "$out" "$tree" -Dplatform=generic --buildtype=debugoptimized \
		-Dtests=false $options
	printf '%s' "$options" >"$out/.options"
}

dpdk_build_ours() {
	local tree=$1 out=$2 version=$3
	dpdk_configure "$tree" "$out" "$version" --werror -Ddeveloper_mode=enabled \
		"-Denable_drivers=$dpdk_drivers" "-Denable_apps=$dpdk_apps" "-Dexamples=$dpdk_examples"
	dpdk_ninja "building DPDK $version with our drivers" "$out"
	dpdk_check_ours "$out"
}

# Quiet when there is nothing to do.
dpdk_ninja() {
	local name=$1 out=$2
	shift 2
	if ninja -C "$out" -n "$@" 2>/dev/null | grep -q 'no work to do'; then return 0; fi
	with_progress "$name" "$out.log" ninja -C "$out" "$@"
}

# DPDK's build leaves a driver out without a word when something does not suit
# it: make sure that ours are there, as plugins and inside the programs.
dpdk_check_ours() {
	local out=$1 lib
	for lib in librte_bus_vmbus librte_net_netvsc; do
		ls "$out"/drivers/$lib.so.*.* >/dev/null 2>&1 ||
			die "DPDK's build left out $lib: see 'drivers' in $out.setup.log for the reason"
	done
	grep -q net_netvsc "$out/app/dpdk-testpmd" ||
		die "dpdk-testpmd was linked without net_netvsc: see $out.log"
}

# The untouched tree's l2fwd and l3fwd with the tree's own netvsc driver: guests
# that nobody here wrote. And that driver with its libraries, to be measured.
dpdk_so_version() {
	cut -d. -f1,2 "$1/ABI_VERSION"
}

dpdk_build_stock() {
	local tree=$1 out=$2 version=$3
	dpdk_configure "$tree" "$out" "$version" \
		-Denable_drivers=bus/vdev,bus/pci,bus/vmbus,mempool/ring,net/netvsc \
		-Denable_apps=proc-info -Dexamples=l2fwd,l3fwd
	dpdk_ninja "building untouched DPDK $version" "$out" examples/dpdk-{l2fwd,l3fwd} \
		drivers/librte_{mempool_ring,bus_vmbus,net_netvsc}.so."$(dpdk_so_version "$tree")"
}

# The same tree with drivers of other cards: in a place of its own, for whatever is
# built of a tree is linked with all its drivers.
dpdk_build_neighbours() {
	local tree=$1 out=$2 version=$3 so drivers=bus/vdev,bus/pci,bus/vmbus,mempool/ring,net/netvsc
	local libraries=(mempool_ring bus_vmbus net_netvsc "${dpdk_neighbours[@]/#/net_}")
	so=so.$(dpdk_so_version "$tree")
	libraries=("${libraries[@]/#/drivers/librte_}")
	dpdk_configure "$tree" "$out" "$version" -Denable_apps=proc-info \
		"-Denable_drivers=$drivers$(printf ',net/%s' "${dpdk_neighbours[@]}")"
	dpdk_ninja "building other drivers of DPDK $version" "$out" \
		"${libraries[@]/%/.$so}"
}
