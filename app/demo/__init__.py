# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""./dev demo: real traffic of the Linux stack through our driver, shown as it runs."""
