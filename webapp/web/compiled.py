"""Compiled templates are kept between starts: nobody who comes first waits for them."""

import logging

from flask import Flask
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

log = logging.getLogger("webapp.web")


class Kept(FileSystemBytecodeCache):
    """In a folder of the system's for temporary files that only our system user may enter: what lies there is run.

    A template that changed, another Python or another Jinja has them compiled anew.
    """

    def dump_bytecode(self, bucket: Bucket) -> None:
        try:
            super().dump_bytecode(bucket)
        except OSError as error:
            # A full disk costs time, and no page.
            log.warning("a compiled template is not kept: %s", error)


def init_app(app: Flask) -> None:
    try:
        app.jinja_env.bytecode_cache = Kept()
    except (OSError, RuntimeError) as error:
        log.warning("compiled templates are not kept: %s", error)
