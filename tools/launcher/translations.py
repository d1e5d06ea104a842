"""Compiled catalogues are not in the repository: they are made where a `.po` is newer than its `.mo`."""

import subprocess

from tools.launcher import sentences
from tools.launcher.places import Places
from tools.launcher.progress import step
from tools.launcher.sentences import Label, Stop


def compile_translations(places: Places) -> None:
    if not _is_stale(places):
        return
    command = [str(places.python), "-m", "tools.translations", "compile"]
    with step(Label.TRANSLATIONS):
        done = subprocess.run(command, cwd=places.root, capture_output=True, text=True)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise Stop(sentences.TRANSLATIONS_FAILED, reason=said[-1] if said else f"exit {done.returncode}")


def _is_stale(places: Places) -> bool:
    for catalogue in places.root.glob("webapp/translations/*/LC_MESSAGES/*.po"):
        compiled = catalogue.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < catalogue.stat().st_mtime:
            return True
    return False
