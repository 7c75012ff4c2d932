"""Go's golang.org/x/mod/sumdb reads what our writer wrote, makes the same proofs, and refuses what was changed."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from db import central
from db.central_witness import CentralView
from db.log import LogReader
from db.log_prune import prune
from services.action_log import acts, checkpoint, proof
from services.action_log.checkpoint import Signer
from services.action_log.entry import Draft
from services.action_log.known import Known
from services.action_log.merkle import Frontier, TreeHead, leaf_hash
from services.evidence import Evidence, LogFile
from services.evidence_aggregate import AggregateProofs
from services.evidence_export import Wanted, export
from tests.attacked_logs import COSIGNER, COUNT, KEY, RECEIPT, SEEDS, Sample, write_epochs
from tests.log_samples import CENTRAL, CENTRAL_SEED, LOG, ORIGIN, OTHER_SEED, SEED, numbered, open_log, write_log
from tests.witnessed_central import AGGREGATOR, FIRST, KEY as WATCHED_KEY, SECOND, Watched

LIBRARIES = Path("/usr/share/gocode")
PROGRAM = Path(__file__).parent / "sumdb" / "check.go"
LOG_KEY = checkpoint.verifier_key(ORIGIN, KEY)
RECEIPT_KEY = checkpoint.cosigner_key(*COSIGNER)
SECONDS = 1_764_000_000

Ask = Callable[..., list[object]]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Asks Go; one answer a question. Debian's `golang-go` and `golang-golang-x-mod-dev`, nothing fetched."""
    wanted = {"golang-go": shutil.which("go"), "golang-golang-x-mod-dev": (LIBRARIES / "src/golang.org/x/mod").is_dir()}
    missing = [package for package, found in wanted.items() if not found]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"not installed here: {', '.join(missing)}")
    assert not missing, f"CI must ask Go; not installed: {missing}"
    folder = tmp_path_factory.mktemp("sumdb")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GOCACHE": str(folder / "cache"),
        "GOPATH": str(LIBRARIES),
        "GO111MODULE": "off",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
    }
    program = folder / "check"
    subprocess.run(["go", "build", "-o", str(program), str(PROGRAM)], env=environment, check=True, timeout=240)

    def asked(*questions: dict[str, object]) -> list[object]:
        done = subprocess.run(
            [str(program)], input=json.dumps(questions), capture_output=True, text=True, check=True, timeout=60
        )
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(questions)
        return answers

    return asked


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return Sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def reader(sample: Sample) -> Iterator[LogReader]:
    with LogReader(sample.path) as opened:
        yield opened


def note(text: str, *keys: str) -> dict[str, object]:
    return {"Kind": "note", "Keys": keys or (LOG_KEY,), "Text": text}


def record(text: str) -> dict[str, object]:
    return {"Kind": "record", "Keys": (LOG_KEY,), "Text": text}


def tree(old: str, text: str) -> dict[str, object]:
    return {"Kind": "tree", "Keys": (LOG_KEY,), "Old": old, "Text": text}


def page_of(reader: LogReader, seq: int) -> str:
    return proof.write(reader.body(seq), seq, reader.inclusion(seq), reader.head().checkpoint)


def flipped(text: str, line: int, at: int = 9) -> str:
    """One bit of the bytes that stand in base64 in the last word of a line."""
    lines = text.split("\n")
    before, blank, word = lines[line].rpartition(" ")
    raw = bytearray(base64.b64decode(word))
    raw[at] ^= 1
    lines[line] = before + blank + base64.b64encode(raw).decode()
    return "\n".join(lines)


def refused(answers: list[object]) -> bool:
    return bool(answers) and all(str(answer).startswith("refused: ") for answer in answers)


def test_go_reads_our_checkpoints_and_receipts(ask: Ask, reader: LogReader) -> None:
    ((_, receipt),) = reader.receipts()
    head = reader.head().checkpoint
    assert ask(note(head), note(receipt), note(receipt, LOG_KEY, RECEIPT_KEY)) == ["ok"] * 3


def test_go_refuses_a_changed_checkpoint_or_receipt(ask: Ask, reader: LogReader) -> None:
    ((_, receipt),) = reader.receipts()
    head = reader.head().checkpoint
    other = checkpoint.verifier_key(ORIGIN, Signer(ORIGIN, OTHER_SEED).public_key)
    both = (LOG_KEY, RECEIPT_KEY)
    changed = {
        "origin": note(head.replace("demo/", "domo/", 1)),
        "size": note(head.replace(f"\n{COUNT}\n", f"\n{COUNT - 1}\n")),
        "root": note(flipped(head, 2)),
        "signature": note(flipped(head, 4)),
        "key id": note(flipped(head, 4, 0)),
        "another key": note(head, other),
        "no cosignature": note(head, *both),
        "cosignature": note(flipped(receipt, 5, 20), *both),
        "cosignature's time": note(flipped(receipt, 5, 11), *both),
        "cosigned size": note(receipt.replace(f"\n{RECEIPT}\n", f"\n{RECEIPT + 1}\n"), *both),
        "a plain signature as a cosignature": note(receipt, LOG_KEY, checkpoint.verifier_key(*COSIGNER)),
    }
    answers = ask(*changed.values())
    assert [name for name, answer in zip(changed, answers, strict=True) if not refused([answer])] == []


def test_go_finds_each_entry_in_the_signed_tree(ask: Ask, reader: LogReader) -> None:
    questions = [record(page_of(reader, seq)) for seq in (0, 1, 255, 256, 400, 511, 512, COUNT - 2, COUNT - 1)]
    assert set(ask(*questions)) == {"ok"}


def test_go_refuses_a_changed_proof(ask: Ask, reader: LogReader) -> None:
    page = page_of(reader, 300)
    lines = page.split("\n")
    last = lines.index("") - 1
    changed = {
        "entry byte": flipped(page, 1),
        "place": page.replace("index 300\n", "index 301\n"),
        "first hash": flipped(page, 3),
        "last hash": flipped(page, last),
        "a hash less": "\n".join(lines[:3] + lines[4:]),
        "a hash more": "\n".join(lines[:4] + lines[3:]),
        "hashes in another order": "\n".join([*lines[:3], lines[4], lines[3], *lines[5:]]),
        "root": flipped(page, last + 4),
        "size": page.replace(f"\n{COUNT}\n", f"\n{COUNT - 1}\n"),
        "signature": flipped(page, last + 6),
    }
    answers = ask(*map(record, changed.values()), record(page))
    assert [name for name, answer in zip(changed, answers, strict=False) if not refused([answer])] == []
    assert answers[-1] == "ok"


def growth(reader: LogReader, old: int) -> str:
    return proof.write_growth(old, reader.consistency(old), reader.head().checkpoint)


def test_go_sees_that_a_log_only_grew_and_refuses_what_says_otherwise(ask: Ask, reader: LogReader) -> None:
    ((_, receipt),) = reader.receipts()
    text = growth(reader, RECEIPT)
    assert ask(tree(receipt, text)) == ["ok"]
    forked = checkpoint.sign(ORIGIN, SEED, TreeHead(RECEIPT, bytes(32)))
    changed = [
        tree(receipt, flipped(text, 1)),
        tree(receipt, text.replace(f"old {RECEIPT}", f"old {RECEIPT - 1}")),
        tree(receipt, growth(reader, RECEIPT - 1)),
        tree(receipt, "\n".join(text.split("\n")[:1] + text.split("\n")[2:])),
        tree(forked, text),
    ]
    assert refused(ask(*changed))


def test_go_follows_a_log_from_any_size(ask: Ask, reader: LogReader) -> None:
    sizes = (1, 255, 256, 257, 512, COUNT - 1, COUNT)
    heads = {size: checkpoint.sign(ORIGIN, SEED, TreeHead(size, reader.root(size))) for size in sizes}
    assert set(ask(*(tree(head, growth(reader, size)) for size, head in heads.items()))) == {"ok"}


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 64, 100])
def test_go_makes_the_same_proofs_as_we(ask: Ask, tmp_path: Path, count: int) -> None:
    with LogReader(write_log(tmp_path, count)) as ours:
        bodies = [base64.b64encode(body).decode() for _, body in ours.bodies()]
        (made,) = ask({"Kind": "make", "Bodies": bodies})
        assert isinstance(made, dict)
        as_text = lambda path: [base64.b64encode(one).decode() for one in path]  # noqa: E731
        assert made["Root"] == as_text([ours.root(count)])[0]
        assert made["Records"] == [as_text(ours.inclusion(seq)) for seq in range(count)]
        assert made["Trees"] == [as_text(ours.consistency(old)) for old in range(1, count + 1)]


def test_go_proves_what_stays_of_a_pruned_log_and_that_it_grew_from_any_size(ask: Ask, tmp_path: Path) -> None:
    with open_log(tmp_path) as writer:
        writer.append_many(numbered(599))
        writer.store_receipt(600, checkpoint.cosign(writer.checkpoint, CENTRAL, CENTRAL_SEED, SECONDS))
        with writer.reader() as before:
            heads = {size: checkpoint.sign(ORIGIN, SEED, TreeHead(size, before.root(size))) for size in (1, 200, 512)}
        act = acts.LogPruned(cut=512, root=checkpoint.parse(heads[512]).head.root.hex())
        writer.append([Draft(act=act, actor=f"log:{LOG}", as_="log")])
    assert prune(tmp_path / "log-1.db", 512, Known(public_key=KEY, origin=ORIGIN)) == 511
    with LogReader(tmp_path / "log-1.db") as kept:
        records = [record(page_of(kept, seq)) for seq in (0, 512, 599, 600)]
        assert set(ask(*records, *(tree(head, growth(kept, size)) for size, head in heads.items()))) == {"ok"}
        assert refused(ask(record(flipped(page_of(kept, 512), 1))))


def test_control_a_receipt_of_another_central_is_refused(ask: Ask, reader: LogReader) -> None:
    head = reader.head().checkpoint
    ours, theirs = (checkpoint.cosign(head, CENTRAL, seed, SECONDS) for seed in (CENTRAL_SEED, OTHER_SEED))
    assert ask(note(ours, LOG_KEY, RECEIPT_KEY)) == ["ok"]
    assert refused(ask(note(theirs, LOG_KEY, RECEIPT_KEY)))


def test_go_checks_an_export_with_the_keys_that_stand_in_it(ask: Ask, sample: Sample, tmp_path: Path) -> None:
    evidence = Evidence((LogFile(LOG, sample.path),), {LOG: sample.known})
    export(evidence, tmp_path, Wanted(log=LOG, first=RECEIPT - 2, last=RECEIPT + 1), datetime.now(UTC))
    keys = (tmp_path / "keys.txt").read_text().splitlines()
    (folder,) = (tmp_path / "logs").iterdir()
    pages = [page.read_text("utf-8") for page in folder.glob("*.tlog-proof")]
    receipt = (folder / f"receipt-{RECEIPT}.txt").read_text("utf-8")
    growth = (folder / f"growth-{RECEIPT}.txt").read_text("utf-8")
    assert keys == [LOG_KEY, RECEIPT_KEY]
    assert set(ask(*map(record, pages), note(receipt, *keys), tree(receipt, growth))) == {"ok"}
    assert refused(ask(*(record(flipped(page, 1)) for page in pages)))


def test_go_finds_an_accepted_checkpoint_in_central_s_aggregate_and_sees_it_grow(ask: Ask, tmp_path: Path) -> None:
    central.create(f"sqlite:///{tmp_path / 'central.db'}", WATCHED_KEY).dispose()
    watched = Watched(central.open_engine(f"sqlite:///{tmp_path / 'central.db'}", WATCHED_KEY), tmp_path)
    for log, count in ((FIRST, 3), (SECOND, 2), (FIRST, 1), (FIRST, 1), (SECOND, 1)):
        watched.write(log, count)
    key = checkpoint.verifier_key(AGGREGATOR.origin, AGGREGATOR.public_key)
    with CentralView.of(watched.engine) as view:
        proofs = AggregateProofs(view)
        pages = [page for log in (FIRST, SECOND) if (found := proofs.accepted(log)) for page in found[2:]]
        grown = proof.write_growth(3, proofs.consistency(3), proofs.checkpoint)
        frontier = Frontier()
        for _, leaf in list(view.leaves())[:3]:
            frontier.append(leaf_hash(leaf))
    watched.engine.dispose()
    old = AGGREGATOR.sign(frontier.head())
    as_aggregate = lambda question: {**question, "Keys": (key,)}  # noqa: E731
    assert set(ask(*(as_aggregate(record(page)) for page in pages), as_aggregate(tree(old, grown)))) == {"ok"}
    assert len(pages) == 2
    assert refused(ask(*(as_aggregate(record(flipped(page, 1))) for page in pages)))


def test_go_follows_a_log_from_key_to_key(ask: Ask, tmp_path: Path) -> None:
    """The note of each epoch, and the proof of the entry that names the next key, under that epoch's key alone."""
    keys = [checkpoint.verifier_key(ORIGIN, Signer(ORIGIN, seed).public_key) for seed in SEEDS]
    with LogReader(write_epochs(tmp_path)) as ours:
        notes = [*(text for _, text in ours.seals()), ours.head().checkpoint]
        pages = proof.write_keys(ours.rotations(), ours.inclusion)
    for number, text in enumerate(notes):
        answers = dict(zip(keys, ask(*(note(text, key) for key in keys)), strict=True))
        assert answers.pop(keys[number]) == "ok"
        assert refused(list(answers.values()))
    for number, page in enumerate(pages):
        assert ask({**record(page), "Keys": (keys[number],)}) == ["ok"]
        assert refused(ask({**record(page), "Keys": (keys[number + 1],)}))
