"""What the server loads: `granian --interface wsgi wsgi:app`."""

import os
import sys

from config import Config, ConfigError
from webapp import background
from webapp.app import create_app

try:
    config = Config.from_env()
except ConfigError as error:
    sys.exit(f"The console cannot start: {error}")

app = create_app(config)
# A command of the shell (migrate, worker …) loads this file too, and must not start to work beside itself.
if os.environ.get("FLASK_RUN_FROM_CLI") != "true":
    background.settle()
    if config.worker == "inline":
        background.start(app)
