"""Look at what was collected, and review it: `python -m rollout.view`."""

import secrets
import socket
import threading
import webbrowser
from pathlib import Path

from envs.cli import main
from envs.errors import UsageError
from rollout.store import DEFAULT_STORE, Store

__all__ = ["view"]

_CATCH_UP_SECONDS = 1.0


def view(store: Path = DEFAULT_STORE, port: int = 0, open: bool = True) -> None:
    """Serve a web page over the store to this machine's browser, until Ctrl-C.

    A collection may go on writing; open pages follow it.

    Args:
        store: the SQLite file that holds the runs.
        port: where to listen; 0 for any that is free.
        open: open the page in the default browser.
    """
    import uvicorn

    from rollout.view.app import make_app
    from rollout.view.guard import Guard
    from rollout.view.search import prepare

    if not store.is_file():
        raise UsageError(
            f"no store {str(store)!r}: collect something first (python -m rollout.collect), or give --store"
        )
    with Store(store) as opened:
        prepare(opened)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen()
    except (OSError, OverflowError) as error:
        raise UsageError(f"port {port} cannot be listened on: {error}") from None
    port, token = listener.getsockname()[1], secrets.token_urlsafe(24)
    config = uvicorn.Config(Guard(make_app(store), token, port), lifespan="off", log_level="warning", access_log=False)
    threading.Thread(target=_keep_indexed, args=[store], daemon=True).start()
    address = f"http://127.0.0.1:{port}/?token={token}"
    print(f"{store} is shown at {address}\nCtrl-C stops.", flush=True)
    if open:
        webbrowser.open(address)
    uvicorn.Server(config).run(sockets=[listener])


def _keep_indexed(path: Path) -> None:
    """Index what is there and whatever comes, for as long as the process lives."""
    from rollout.view.search import catch_up

    pause = threading.Event()
    with Store(path) as store:
        while True:
            if not catch_up(store):
                pause.wait(_CATCH_UP_SECONDS)


if __name__ == "__main__":
    main(view)
