# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The one exception of the lab."""


class LabError(Exception):
    """What went wrong and, if the user can mend it, how: one sentence."""
