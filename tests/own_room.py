"""What a worker has at hand, without the worker: for what it does between jobs, in a test's own process."""

from db.central_replay import ReplayStore
from services.demo.make import DEPLOYMENT
from services.deployment_keys import DeploymentKeys
from services.fulfilment.case_details import CaseDetails
from services.fulfilment.journal import Journal
from services.fulfilment.replay_list import FILE, ReplayList
from services.fulfilment.results import Results
from services.fulfilment.workroom import Workroom
from services.home import LOOKUP_KEY, key, owner_of
from services.sync.logbook import Logbook
from services.sync.up import Uplink
from tests.centre import Centre


def room_of(centre: Centre) -> Workroom:
    """One for a centre; its log is open until the test's end."""
    worker = owner_of(centre.home, "worker", "worker-1")
    port = centre.port(worker)
    book = Logbook(centre.home, "worker", worker, centre.vault, DEPLOYMENT)
    cosigner = bytes.fromhex(port.facts()["cosigner-key"])
    return Workroom(
        home=centre.home,
        worker=worker,
        vault=centre.vault,
        deployment=DEPLOYMENT,
        store=centre.store,
        details=CaseDetails(centre.store, DEPLOYMENT, DeploymentKeys(centre.vault)),
        results=Results(book, Uplink(port, book, f"{DEPLOYMENT}/central", cosigner), centre.store),
        journal=Journal(centre.home.logs / "worker.log"),
        replay=ReplayList(ReplayStore(centre.engine), centre.home.folder("worker", worker) / FILE),
        lookup_key=key(centre.vault, LOOKUP_KEY),
        mail=None,
        outbox=centre.home.outbox,
        pauses=(),
        lease_us=0,
    )
