# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
# shellcheck shell=bash
#
# Lays our folders over a DPDK tree: the tree's own vmbus bus and netvsc driver
# are taken out, ours are copied in, file by file, so that an edited source
# rebuilds and a removed one disappears. (Copied, because DPDK's symbol checker
# does not look through links.) To be sourced after lib.sh.

overlay_folders="drivers/bus/vmbus drivers/net/netvsc"
overlay_docs="doc/guides/nics/netvsc.rst doc/guides/nics/features/netvsc.ini
	doc/guides/howto/hvbench.rst doc/guides/howto/hvhost.rst"

# First and last DPDK release the sources were written for, as yymm.
overlay_oldest=2211
overlay_newest=2611

overlay_version() {
	[ -f "$1/VERSION" ] && [ -f "$1/ABI_VERSION" ] && [ -d "$1/lib" ] && [ -d "$1/drivers" ] ||
		die "$1 is no DPDK source tree (it has no VERSION, ABI_VERSION, lib or drivers)"
	cat "$1/VERSION"
}

overlay_check_version() {
	local version=$1 yymm
	[[ $version =~ ^([0-9]{2})\.([0-9]{2})\. ]] ||
		die "DPDK version '$version' is unknown; releases 22.11 to 26.11 are supported"
	yymm=$((10#${BASH_REMATCH[1]} * 100 + 10#${BASH_REMATCH[2]}))
	[ $yymm -ge $overlay_oldest ] && [ $yymm -le $overlay_newest ] ||
		die "DPDK version $version is unknown; releases 22.11 to 26.11 are supported"
}

# overlay_lay TREE: TREE is our own copy of a DPDK tree.
overlay_lay() {
	local tree=$1 folder file
	if [ ! -e "$tree/.overlaid" ]; then
		for folder in $overlay_folders; do
			rm -rf "${tree:?}/$folder"
		done
		touch "$tree/.overlaid"
	fi
	for folder in $overlay_folders; do
		mkdir -p "$tree/$folder"
		overlay_copy "$root/$folder" "$tree/$folder"
		overlay_fill_map "$root/$folder/version.map" "$tree/$folder/version.map" "$tree"
	done
	for file in $overlay_docs; do
		[ ! -f "$root/$file" ] || overlay_update "$root/$file" "$tree/$file"
	done
}

overlay_copy() {
	local from=$1 to=$2 file
	while IFS= read -r file; do
		[ -e "$from/$file" ] || rm "$to/$file"
	done < <(cd "$to" && find . -type f -printf '%P\n')
	while IFS= read -r file; do
		overlay_update "$from/$file" "$to/$file"
	done < <(cd "$from" && find . -type f ! -name version.map -printf '%P\n')
}

# Untouched where nothing changed: the build goes by time stamps.
overlay_update() {
	if cmp -s "$1" "$2"; then return 0; fi
	mkdir -p "$(dirname "$2")"
	cp "$1" "$2"
}

# The node names in a version map carry the tree's ABI number.
overlay_fill_map() {
	local from=$1 to=$2 tree=$3 abi
	abi=$(cut -d. -f1 "$tree/ABI_VERSION")
	[ -f "$from" ] || return 0
	sed "s/@ABI_MAJOR@/$abi/" "$from" >"$tree/.version.map"
	overlay_update "$tree/.version.map" "$to"
}
