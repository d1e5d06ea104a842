"""Everything the launcher says, in two languages, and the one way it gives up."""

import os
from enum import Enum
from typing import NamedTuple


class Sentence(NamedTuple):
    zh: str
    en: str

    def say(self, **facts: object) -> str:
        """The sentence with its facts filled in, in the languages that the terminal's locale asks for."""
        return "\n".join(text.format(**facts) for text in self._wanted())

    def _wanted(self) -> tuple[str, ...]:
        language = _terminal_language()
        if language == "zh":
            return (self.zh,)
        return (self.en,) if language == "en" else (self.zh, self.en)


class Stop(Exception):
    """The launcher cannot go on; `str()` of it is what the person reads."""

    def __init__(self, sentence: Sentence, **facts: object) -> None:
        super().__init__(sentence.say(**facts))


def _terminal_language() -> str:
    """`zh`, `en`, or empty when the locale names neither (C, POSIX, unset)."""
    locales = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    language = next(filter(None, locales), "")[:2].lower()
    return language if language in {"zh", "en"} else ""


class Label(Enum):
    """Names of the steps, one line each while they run."""

    VENV = "建立虛擬環境 Virtual environment"
    PACKAGES = "安裝套件 Packages"
    TRANSLATIONS = "編譯翻譯 Translations"
    START = "啟動 Starting"
    ENGINES = "測試引擎 PostgreSQL and browsers"


PORT_IN_USE = Sentence(
    "連接埠 {port} 已被其他程式使用：請先關閉它，或用 {option} 選擇另一個連接埠。",
    "Port {port} is in use: stop the program that uses it, or choose another port with {option}.",
)
PORT_REFUSED = Sentence(
    "無法使用連接埠 {port}（{reason}）：請用 {option} 選擇另一個連接埠。",
    "Port {port} cannot be used ({reason}): choose another port with {option}.",
)
SAME_PORT = Sentence(
    "連接埠 {port} 被選了兩次：每個服務需要自己的連接埠。",
    "Port {port} was chosen twice: each service needs its own.",
)
VENV_MISSING = Sentence(
    "這台電腦的 Python 缺少 venv：請先執行 sudo apt install python3-venv，再試一次。",
    "This Python comes without venv: run `sudo apt install python3-venv`, then try again.",
)
VENV_FAILED = Sentence(
    "無法在 {folder} 建立虛擬環境，詳情在 {log}。",
    "The virtual environment could not be made in {folder}; details are in {log}.",
)
NO_NETWORK = Sentence(
    "安裝時連不上套件庫：請檢查網路或代理伺服器設定後再試一次（詳情在 {log}）。",
    "The package index cannot be reached: check the network or the proxy and try again (details in {log}).",
)
HASH_MISMATCH = Sentence(
    "下載的套件與 {requirements} 記錄的雜湊值不符，因此沒有安裝（詳情在 {log}）。",
    "A downloaded package does not match its hash in {requirements}: nothing was installed ({log}).",
)
INSTALL_FAILED = Sentence(
    "安裝套件失敗：{reason}（詳情在 {log}）",
    "Installing the packages failed: {reason} (details in {log})",
)
DISK_FULL = Sentence(
    "磁碟空間不足：請在 {folder} 所在的磁碟騰出空間（約 {megabytes} MB）後再試一次。",
    "The disk is full: free some space (about {megabytes} MB) on the disk of {folder}, then try again.",
)
DATABASE_BROKEN = Sentence(
    "資料庫檔案 {file} 已損壞（{reason}）：請還原備份，或把它移走，讓系統重新建立。",
    "The database file {file} is broken ({reason}): restore a backup, or move it away to start afresh.",
)
DATABASE_NOT_WRITABLE = Sentence(
    "無法寫入資料庫檔案 {file}（{reason}）：請檢查檔案與資料夾的權限。",
    "The database file {file} cannot be written ({reason}): check the rights of the file and its folder.",
)
DATABASE_LOCKED = Sentence(
    "資料庫檔案 {file} 正被其他程式鎖住：請先關閉該程式。",
    "The database file {file} is locked by another program: stop that program first.",
)
DATABASE_SETUP_FAILED = Sentence(
    "資料庫準備失敗：{reason}（詳情在 {log}）",
    "The database could not be prepared: {reason} (details in {log})",
)
FILE_NOT_WRITABLE = Sentence(
    "無法寫入 {file}（{reason}）：請檢查權限。",
    "{file} cannot be written ({reason}): check its rights.",
)
SECRETS_BROKEN = Sentence(
    "密鑰檔 {file} 無法讀取（{reason}）：請還原它；刪除它會讓已儲存的授權失效。",
    "The secrets file {file} cannot be read ({reason}): restore it; without it stored grants are unreadable.",
)
ENV_FILE_BROKEN = Sentence(
    "{file} 第 {line} 行看不懂：請寫成 名稱=值。",
    "Line {line} of {file} is not understood: write NAME=value.",
)
APP_HALF_GIVEN = Sentence(
    "設定了 {given} 卻沒有 {missing}：使用真正的 Meta 應用程式需要兩者，使用沙盒則都不要設定。",
    "{given} is set without {missing}: a real Meta app needs both, the sandbox needs neither.",
)
CHILD_DIED = Sentence(
    "{name} 停止了：{reason}（詳情在 {log}）",
    "{name} stopped: {reason} (details in {log})",
)
CHILD_SILENT = Sentence(
    "{name} 在 {seconds} 秒內沒有回應 {url}（詳情在 {log}）。",
    "{name} did not answer at {url} within {seconds} s (details in {log}).",
)
TRANSLATIONS_FAILED = Sentence("翻譯檔編譯失敗：{reason}", "The translations could not be compiled: {reason}")
ENGINE_MISSING = Sentence("{reason}", "{reason}")
ENGINE_NEEDED_IN_CI = Sentence(
    "CI 中不可使用 {option}：缺少引擎就是失敗。",
    "{option} is not allowed in CI: a missing engine is a failure there.",
)
WEBKIT_LEFT_OUT = Sentence(
    "這台電腦不測試 WebKit（需要 Linux）。",
    "WebKit is left out on this machine (its tests need Linux).",
)
INTERRUPTED = Sentence("已停止。", "Stopped.")
UNEXPECTED = Sentence(
    "啟動程式遇到未預期的問題：{reason}（詳情在 {log}）",
    "The launcher met something unexpected: {reason} (details in {log})",
)
