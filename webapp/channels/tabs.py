"""The two tabs of the channels page, as addresses name them."""

from webapp.meta.gateway import Platform

# Tab in the address → platform, in the order shown.
TABS: dict[str, Platform] = {"instagram": "instagram", "facebook-pages": "messenger"}


def tab_of(platform: str) -> str:
    return next(tab for tab, known in TABS.items() if known == platform)
