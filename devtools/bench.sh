#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
#
# ./dev bench: build what is missing, DPDK's own driver too, then run app/bench.
set -euo pipefail
cd "$(dirname "$0")/.."
. devtools/lib.sh
. devtools/packages.sh

case " $* " in
*" --help "* | *" -h "*) ;;
*)
	need_root "the bench (hugepages)"
	# shellcheck disable=SC2086
	packages_install $packages_build $packages_run $packages_bench
	devtools/build.sh --stock --neighbours
	;;
esac
PYTHONPATH=$root/app exec /usr/bin/python3 -m bench "$@"
