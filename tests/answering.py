"""A worker's answers to sign-ins, without the rest of a worker: for centres whose ingest a test has in hand."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import sqlalchemy as sa

from db.central_store import CentralStore
from services.action_log.sealing import open_sealed, seal
from services.errors import DeskError
from services.fulfilment.answers import Ask, with_word
from services.fulfilment.sign_ins import SignIns
from services.home import DEPLOYMENT_KEY, PIN_PEPPER, key
from services.secrets import Vault

LOOK_S = 0.01
_ANSWERED: set[int] = set()


@contextmanager
def answering(engine: sa.Engine, vault: Vault, deployment: str) -> Iterator[None]:
    """Sign-ins are answered meanwhile, once each; no worker is seen to live."""
    if id(engine) in _ANSWERED:  # for another desk of the same centre
        yield
        return
    store, stop = CentralStore(engine), threading.Event()
    sign_ins, private = SignIns(engine, key(vault, PIN_PEPPER)), key(vault, DEPLOYMENT_KEY)

    def answer(ask: str, terminal: str, kind: str, sealed: bytes) -> None:
        text = orjson.loads(open_sealed(private, sealed, deployment=deployment, owner=ask, kind="ask"))
        reply = orjson.dumps(with_word(Ask(ask, terminal, kind, text), sign_ins.answer(text["agent"], text["pin"])))
        store.reply(ask, seal(store.ask_key(terminal), reply, deployment=deployment, owner=ask, kind="reply"))

    def look() -> None:
        while not stop.wait(LOOK_S):
            try:
                for ask, terminal, kind, sealed in store.waiting_asks():
                    if kind == "sign-in":
                        answer(ask, terminal, kind, sealed)
            except (DeskError, sa.exc.DBAPIError):
                continue  # central is away, as the test wants it

    thread = threading.Thread(target=look, name="answering", daemon=True)
    thread.start()
    _ANSWERED.add(id(engine))
    try:
        yield
    finally:
        _ANSWERED.discard(id(engine))
        stop.set()
        thread.join()
