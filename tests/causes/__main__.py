"""`python -m tests.causes` prints the table; `--write` puts it into docs/causes.md."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.causes.table import DOCUMENT, render, rows
from tests.causes.world import world


def main() -> None:
    with TemporaryDirectory() as folder, world(Path(folder)) as played:
        text = render(rows(played))
    if "--write" in sys.argv[1:]:
        DOCUMENT.write_text(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
