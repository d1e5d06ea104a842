"""What the server loads: `granian --interface wsgi wsgi:app`."""

import sys

from config import Config, ConfigError
from webapp.app import create_app

try:
    app = create_app(Config.from_env())
except ConfigError as error:
    sys.exit(f"The console cannot start: {error}")
