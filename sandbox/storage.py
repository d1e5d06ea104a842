"""The optional state file: read at start, written whole and atomically after changes."""

import json
import logging
import os
from pathlib import Path

from sandbox.state import State

log = logging.getLogger("sandbox")


def load(path: Path) -> State | None:
    """The stored state, or None when there is none yet or it cannot be used (then a warning says why)."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return State.from_json(data if isinstance(data, dict) else {})
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("The sandbox's state file %s cannot be used (%s); starting from the seed.", path, error)
        return None


def save(path: Path, state: State) -> None:
    """Write beside the file and rename, so that a crash leaves the old or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(state.to_json(), file, ensure_ascii=False)
    draft.replace(path)
