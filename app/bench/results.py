# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The results of one run, part by part: printed, drawn, and written to one file.

The file is written anew after each part, so that a run that is stopped leaves
what it has.
"""

import json
import os
import time

from lab import LabError, paths

from . import targets

DIRECTORY = paths.BUILD / "bench"


class Results:
    """name: of the file, without suffix; settings: what the user has asked for."""

    def __init__(self, name, settings, say):
        self._path = DIRECTORY / f"{name}.json"
        self._say = say
        self._json = {"settings": settings, "parts": {}, "cells": []}
        self.records = []
        DIRECTORY.mkdir(parents=True, exist_ok=True)

    def take(self, part, run):
        """Measure a part, and tell what was found; whether that went well."""
        start = time.monotonic()
        run.tell(f"{part.NAME}: {part.HELP}")
        error = self._measure(part, run)
        self._json["parts"].setdefault(part.NAME, {}).update(
            took_s=round(time.monotonic() - start, 1), error=error)
        self._write()
        return error is None

    def _measure(self, part, run):
        try:
            found = part.measure(run)
        except LabError as error:
            self._say(f"{part.NAME}: {error}")
            return str(error)
        finally:
            run.tell("")
        self.records += found.cells
        self._json["cells"] += [record.as_dict() for record in found.cells]
        self._json["parts"][part.NAME] = {"details": found.details()}
        self._say(f"\n{part.NAME}: {part.HELP}\n")
        for line in found.lines():
            self._say(line)
        found.draw(DIRECTORY / part.NAME)
        return found.error()

    def judge(self):
        """Tell which targets are reached, of those that the parts have figures of."""
        judged = targets.judge(self.records)
        measured = {record.part for record in self.records}
        told = [one for one in judged if one.target.part in measured]
        self._json["targets"] = [one.as_dict() for one in judged]
        self._write()
        if told:
            self._say("\ntargets\n")
            for line in targets.lines(told):
                self._say(line)

    def _write(self):
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(self._json, indent=1), encoding="utf-8")
        os.replace(new, self._path)

    def written(self):
        """The file."""
        return self._path
