# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
# shellcheck shell=bash
#
# Lays our folders over a DPDK tree: the tree's own vmbus bus and netvsc driver
# are taken out, ours are linked in, file by file, so that an edited source
# rebuilds and a removed one disappears. To be sourced after lib.sh.

overlay_folders="drivers/bus/vmbus drivers/net/netvsc"
overlay_docs="doc/guides/nics/netvsc.rst doc/guides/nics/features/netvsc.ini"

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
		overlay_link "$root/$folder" "$tree/$folder"
		overlay_fill_map "$root/$folder/version.map" "$tree/$folder/version.map" "$tree"
	done
	for file in $overlay_docs; do
		[ ! -f "$root/$file" ] || ln -sf "$root/$file" "$tree/$file"
	done
}

overlay_link() {
	local from=$1 to=$2 file
	find "$to" -xtype l -delete
	while IFS= read -r file; do
		mkdir -p "$(dirname "$to/$file")"
		[ "$(readlink "$to/$file")" = "$from/$file" ] || ln -sf "$from/$file" "$to/$file"
	done < <(cd "$from" && find . -type f ! -name version.map -printf '%P\n')
}

# The node names in a version map carry the tree's ABI number.
overlay_fill_map() {
	local from=$1 to=$2 abi
	abi=$(cut -d. -f1 "$3/ABI_VERSION")
	[ -f "$from" ] || return 0
	sed "s/@ABI_MAJOR@/$abi/" "$from" >"$to.new"
	if cmp -s "$to.new" "$to"; then rm "$to.new"; else mv "$to.new" "$to"; fi
}
