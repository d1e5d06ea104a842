"""What the server loads: `granian --interface wsgi wsgi:app`."""

import gc
import os
import sys

# Hardly anything that is read at the start goes away again: to look for it took a seventh of the start.
gc.disable()

from config import Config, ConfigError
from webapp import background
from webapp.app import create_app

try:
    config = Config.from_env()
except ConfigError as error:
    sys.exit(f"The console cannot start: {error}")

app = create_app(config)
background.settle()
# A command of the shell (migrate, worker …) loads this file too, and must not start to work beside itself.
if config.worker == "inline" and os.environ.get("FLASK_RUN_FROM_CLI") != "true":
    background.start(app)
