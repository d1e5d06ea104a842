"""`run.py`: from a clone to a console that answers."""

from tools.launcher.announcement import announce
from tools.launcher.children import Children
from tools.launcher.database import prepare_database
from tools.launcher.installation import CONSOLE, install
from tools.launcher.options import ServeOptions
from tools.launcher.places import Places
from tools.launcher.preflight import HOST, check_database, check_disk, check_ports
from tools.launcher.progress import step
from tools.launcher.sentences import Label
from tools.launcher.settings import Settings, given_by_person, has_real_app, settle
from tools.launcher.translations import compile_translations


def serve(options: ServeOptions) -> int:
    """Runs until a signal or a child's end; raises Stop with the reason when it cannot."""
    places = Places(options.data)
    given = given_by_person(places)
    check_ports(options, with_sandbox=not has_real_app(given))
    places.make_folders()
    check_disk(places)
    check_database(places.database)
    settings = settle(places, options, given)
    install(places, CONSOLE)
    compile_translations(places)
    with Children(places) as children:
        with step(Label.START):
            if settings.sandbox is not None:
                _start_sandbox(children, places, options, settings.sandbox)
            prepare_database(places, settings)
            _start_console(children, places, options, settings)
            children.wait_until_all_answer()
        announce(places, options, settings)
        children.watch()
    return 0


def _start_sandbox(children: Children, places: Places, options: ServeOptions, environment: dict[str, str]) -> None:
    command = [str(places.python), "-m", "sandbox", "--host", HOST]
    command += ["--port", str(options.sandbox_port), "--smtp-port", str(options.smtp_port)]
    children.start("sandbox", command, environment, port=options.sandbox_port, path="/control/state")


def _start_console(children: Children, places: Places, options: ServeOptions, settings: Settings) -> None:
    command = [str(places.python), "-m", "granian", "--interface", "wsgi", "--no-ws"]
    # One worker: the embedded database, queue and scheduler live in that process.
    command += ["--workers", "1", "--blocking-threads", "16"]
    # Half a connection that somebody left behind must not keep it from stopping.
    command += ["--workers-kill-timeout", "1"]
    command += ["--host", HOST, "--port", str(options.port), "wsgi:app"]
    children.start("console", command, settings.console, port=options.port, path="/healthz")
