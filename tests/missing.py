"""What cannot be had."""


class EngineMissing(Exception):
    """An engine cannot be had; carries a sentence in both languages that says what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en
