"""Where things are: the clone, its virtual environment, and the folder of what a start leaves behind."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Places:
    """Absolute paths. `data` is the only folder written to, apart from the virtual environment."""

    data: Path
    root: Path = ROOT

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def database(self) -> Path:
        return self.data / "console.sqlite3"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.database}"

    @property
    def queue(self) -> Path:
        return self.data / "queue.sqlite3"

    @property
    def secrets(self) -> Path:
        return self.data / "secrets.json"

    @property
    def install_log(self) -> Path:
        return self.data / "install.log"

    def log(self, name: str) -> Path:
        return self.data / "log" / f"{name}.log"

    def make_folders(self) -> None:
        (self.data / "log").mkdir(parents=True, exist_ok=True)
