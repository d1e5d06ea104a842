"""Whole addresses, for mails and for Meta: always BASE_URL, whatever name a proxy called us by."""

from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from config import Config


def address_of(endpoint: str, **values: Any) -> str:
    config: Config = current_app.extensions["config"]
    base = urlsplit(config.base_url)
    adapter = current_app.url_map.bind(base.netloc, script_name=base.path or "/", url_scheme=base.scheme)
    return adapter.build(endpoint, values, force_external=True)
