#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
#
# ./dev shell: the built programs come first in PATH.
set -euo pipefail
cd "$(dirname "$0")/.."
. devtools/lib.sh
case ${1:-} in -h | --help) say "usage: ./dev shell [COMMAND ...]"; exit ;; esac
[ -x build/bin/hvhost ] || die "nothing is built yet; run ./dev build first"
export PATH=$build/bin:$PATH
if [ $# -gt 0 ]; then exec "$@"; fi
exec "${SHELL:-/bin/bash}"
