#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
#
# ./dev clean: remove what builds left in the checkout.
set -euo pipefail
cd "$(dirname "$0")/.."
. devtools/lib.sh
case ${1:-} in -h | --help) say "usage: ./dev clean"; exit ;; esac
[ $# = 0 ] || die "clean takes no options"
rm -rf "$build"
say "removed build/; downloads and the compiler cache stay in $cache"
