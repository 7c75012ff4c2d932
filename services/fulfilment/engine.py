"""The durable engine: a job begun is finished, whatever is killed meanwhile. The only file that knows DBOS.

Each step is done at least once: a step in flight at a kill runs again, one that was recorded does not. What the engine
keeps (job id, kind, step results) is readable by whoever reads its database, so it is ids, codes and counts only, and
the embedded file is SQLCipher.
"""

import logging
import os
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import orjson
import sqlalchemy as sa
import sqlcipher3.dbapi2
from dbos import DBOS, DBOSConfig, Serializer, SetWorkflowID, error

from services.errors import Unusable

T = TypeVar("T", bound="Result")
Result = None | bool | int | str | list[Any] | dict[str, Any]
"""What a step may return: JSON of ids, codes and counts."""

Workflow = Callable[["Engine", str], None]
"""A job's work: `(engine, job id)`. Between its steps it must decide by their results alone."""

APPLICATION = "rightsdesk"
VERSION = "1"
"""Raised only when a kind of job gets other steps: jobs of another version are not resumed."""
_THREADS = 32
_POOL = 16
_RECOVERIES = 1_000_000
_POLL_S = 0.25
"""How often a job that was left is looked for."""


def make_tables(url: str, role: str) -> None:
    """The engine's tables in central on a server, for `role` to use; by a login that may make a schema."""
    _quiet()
    DBOS.migrate(url, application_role=role)


class JobFailed(Exception):
    """A job ended with a reason code; the code is all that is kept of it."""


class Fenced(BaseException):
    """Another worker has this job now. Not an error of the job: what ran it here stops, and nothing is recorded."""


class Parked(BaseException):
    """The job was put down until its time. Not an error of the job: who takes it up resumes it from its steps."""


class Left(BaseException):
    """The job stands where it was: central or the engine's own database could not be read or written (a full disk).

    Nothing is recorded of it, or a moment without room would end the job for ever. Its worker takes it up again.
    """


class Engine:
    """Runs `workflows` by kind. Workers share its database; what one began goes on only where `resume` is called.

    `url` names the database, `key` is the raw SQLCipher key of an embedded file. One a process. Raises `Unusable`
    when the file does not open, or the server has no tables of the engine that this login may use.
    """

    def __init__(self, url: str, key: bytes | None, worker: str, workflows: Mapping[str, Workflow]) -> None:
        for name in [name for name in os.environ if name.startswith("DBOS")]:
            del os.environ[name]  # its cloud and its console are asked for by environment: never here
        _quiet()
        self._workflows = dict(workflows)
        self._database = _open(url, key)
        self._running: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._went_on: set[str] = set()
        config: DBOSConfig = {
            "name": APPLICATION,
            "application_version": VERSION,
            # New at every start: DBOS takes up by itself what its own executor left, and this is central's to decide.
            "executor_id": f"{worker}-{secrets.token_hex(4)}",
            "system_database_url": url,
            "system_database_engine": self._database,
            "serializer": _Json(),
            "log_level": "WARNING",
            "enable_otlp": False,
            "max_executor_threads": _THREADS,
        }
        DBOS(config=config)
        self._started = threading.Lock()

        @DBOS.workflow(name="job", max_recovery_attempts=_RECOVERIES)
        def job(job_id: str, kind: str) -> None:
            with self._at_work(job_id):
                try:
                    self._workflows[kind](self, job_id)
                except sa.exc.DBAPIError as exc:
                    raise _left(exc) from None

        self._job, self._queue = job, f"worker-{worker}"
        DBOS.listen_queues([self._queue])
        try:
            DBOS.launch()
        except sa.exc.ProgrammingError as exc:
            raise Unusable("central has no tables of the engine for this login: an operator makes them") from exc
        DBOS.register_queue(self._queue, polling_interval_sec=_POLL_S, on_conflict="always_update")

    def start(self, job_id: str, kind: str) -> None:
        """Begin a job; one that was begun before, by anyone, is not begun again."""
        with self._started, SetWorkflowID(job_id):
            DBOS.start_workflow(self._job, job_id, kind)

    def resume(self, job_id: str, kind: str) -> None:
        """Go on with a job that some worker left, from its recorded steps; begin it if it was never begun.

        Whoever still runs it can record nothing from now on.
        """
        try:
            DBOS.resume_workflow(job_id, queue_name=self._queue)
        except error.DBOSNonExistentWorkflowError:
            self.start(job_id, kind)

    def runs(self, job_id: str) -> bool:
        """Whether this process is at work on the job now."""
        return self._running[job_id] > 0

    def went_on(self, job_id: str) -> bool:
        """Whether a step of the job was recorded here since this was asked last."""
        if job_id not in self._went_on:
            return False
        self._went_on.discard(job_id)
        return True

    @contextmanager
    def _at_work(self, job_id: str) -> Iterator[None]:
        """Counted, not marked: what was taken over and came back may run beside its own end."""
        with self._counting:
            self._running[job_id] += 1
        try:
            yield
        finally:
            with self._counting:
                self._running[job_id] -= 1
                self._running += Counter()  # what is at zero is forgotten

    def step(self, name: str, work: Callable[[], T]) -> T:
        """What `work` returns, or returned when this step of this job was done before.

        Of what it raises `JobFailed` alone is a result; anything else came up around the work (`Left`).
        """

        fresh = False

        def told() -> T:
            nonlocal fresh
            fresh = True
            try:
                return work()
            except JobFailed:
                raise
            except Exception as exc:
                raise _left(exc) from None

        try:
            done = DBOS.run_step({"name": name}, told)
        except JobFailed:  # recorded, too
            self._recorded(fresh=fresh)
            raise
        self._recorded(fresh=fresh)
        return done

    def _recorded(self, *, fresh: bool) -> None:
        """A step of the job that runs here is recorded; `fresh`: now, and not long ago."""
        if fresh and (job := DBOS.workflow_id):
            self._went_on.add(job)

    def pause(self, seconds: float) -> None:
        """Wait; a restart waits only for what is left."""
        DBOS.sleep(seconds)

    def close(self) -> None:
        """Stop at once; what is unfinished goes on at the next start."""
        DBOS.destroy(workflow_completion_timeout_sec=0)
        self._database.dispose()


def _left(error: Exception) -> Left:
    logging.getLogger("rightsdesk.engine").warning("left %s", type(error).__name__)
    return Left()


class _Json(Serializer):
    """JSON, as the default is pickle; of an error only its kind, or its code when it is ours."""

    def serialize(self, data: Any) -> str:
        if isinstance(data, BaseException):
            code = str(data) if isinstance(data, JobFailed) else type(data).__name__
            return orjson.dumps({"error": code}).decode()
        return orjson.dumps(data).decode()

    def deserialize(self, serialized_data: str) -> Any:
        data = orjson.loads(serialized_data)
        if isinstance(data, dict) and set(data) == {"error"}:
            return JobFailed(data["error"])
        return data

    def name(self) -> str:
        return "rightsdesk_json"


def _open(url: str, key: bytes | None) -> sa.Engine:
    if not url.startswith("sqlite"):
        return sa.create_engine(url, hide_parameters=True, pool_size=_POOL)
    path = Path(url.removeprefix("sqlite:///"))
    path.touch(mode=0o600)
    engine = sa.create_engine(
        url,
        module=sqlcipher3.dbapi2,
        hide_parameters=True,
        pool_size=_POOL,
        max_overflow=_THREADS,
        connect_args={"timeout": 30, "check_same_thread": False},
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(conn: Any, _record: object) -> None:
        conn.isolation_level = "IMMEDIATE"
        conn.execute("PRAGMA cipher_log_level=NONE")
        if key is not None:
            conn.execute(f"PRAGMA key=\"x'{key.hex()}'\"")
        conn.execute("PRAGMA busy_timeout=30000")
        conn.execute("PRAGMA journal_mode=WAL")
        conn.execute("PRAGMA synchronous=FULL")
        conn.execute("PRAGMA foreign_keys=ON")

    try:
        with engine.connect() as conn:
            conn.execute(sa.text("SELECT count(*) FROM sqlite_master")).scalar()
    except sa.exc.DatabaseError as exc:
        raise Unusable("the engine's database cannot be opened: wrong key or damaged file") from exc
    return engine


def _quiet() -> None:
    """Its messages may hold texts of errors: only the level and the kind of error reach our log."""
    logger = logging.getLogger("dbos")
    logger.propagate = False
    logger.handlers = [_KindOnly()]


class _KindOnly(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "-"
        logging.getLogger("rightsdesk.engine").log(record.levelno, "engine %s", kind)
