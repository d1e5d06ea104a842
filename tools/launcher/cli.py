"""The door: reads the arguments, and turns every ending into one sentence and an exit code."""

import errno
import io
import signal
import sys
import traceback
from types import FrameType

from tools.launcher import sentences
from tools.launcher.checks import run_tests
from tools.launcher.options import ServeOptions, parse
from tools.launcher.places import ROOT, Places
from tools.launcher.sentences import Stop
from tools.launcher.serve import serve

NOT_WRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}


def main(arguments: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show Chinese gets question marks, not a crash.
            stream.reconfigure(errors="replace")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    options = parse(arguments)
    places = Places(options.data if isinstance(options, ServeOptions) else ROOT / "var")
    try:
        return serve(options) if isinstance(options, ServeOptions) else run_tests(options)
    except KeyboardInterrupt:
        print(f"\n{sentences.INTERRUPTED.say()}")
        return 0 if isinstance(options, ServeOptions) else 130
    except Stop as stop:
        print(f"\n{stop}", file=sys.stderr)
    except OSError as error:
        print(f"\n{_sentence_about(error, places)}", file=sys.stderr)
    except Exception as error:
        print(f"\n{_keep_trace(error, places)}", file=sys.stderr)
    return 1


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _sentence_about(error: OSError, places: Places) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return sentences.DISK_FULL.say(folder=places.data, megabytes=100)
    if error.errno in NOT_WRITABLE and error.filename:
        return sentences.FILE_NOT_WRITABLE.say(file=error.filename, reason=error.strerror)
    return _keep_trace(error, places)


def _keep_trace(error: Exception, places: Places) -> str:
    """The trace goes to a file for whoever mends it; the person reads one sentence."""
    log = places.log("launcher")
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("".join(traceback.format_exception(error)))
    except OSError:
        return sentences.UNEXPECTED.say(reason=f"{type(error).__name__}: {error}", log="-")
    return sentences.UNEXPECTED.say(reason=f"{type(error).__name__}: {error}", log=log)
