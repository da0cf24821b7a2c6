#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
#
# ./dev demo: build what is missing, then run app/demo.
set -euo pipefail
cd "$(dirname "$0")/.."
. devtools/lib.sh
. devtools/packages.sh

case " $* " in
*" --help "* | *" -h "*) ;;
*)
	need_root "the demo (network namespaces, TAPs, hugepages)"
	# shellcheck disable=SC2086
	packages_install $packages_build $packages_run
	devtools/build.sh
	;;
esac
PYTHONPATH=$root/app exec /usr/bin/python3 -m demo "$@"
