"""`rightsdesk log export`: what it holds, and that an outsider's program finds every change in it."""

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from console.commands.log import app
from db import central
from db.central import ENTRY
from db.central_witness import CentralView
from db.log import LogReader
from services.action_log import checkpoint, proof
from services.action_log.checkpoint import Signer
from services.action_log.merkle import TreeHead
from services.central_log import CentralLog
from services.errors import BadInput
from tests.attacked_logs import COSIGNER, COUNT, KEY, RECEIPT, UPDATE, Sample, attacked, body
from tests.centre import Centre, request, sign_in
from tests.evidence import checked, cut_line, edit, listed_again, swap
from tests.log_samples import LOG, ORIGIN, OTHER_SEED, SEED, detail
from tests.witnessed_central import KEY as WATCHED_KEY, Watched

FOLDER = "logs/7f3a90c1-1"
WITNESS = "witness.example"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return Sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIGHTSDESK_HOME", str(tmp_path / "none"))


@pytest.fixture
def out(sample: Sample, tmp_path: Path, nobody: None) -> Path:
    """An export over the receipt's edge, with central's key as an outsider would know it."""
    folder = tmp_path / "out"
    result = run("export", "--out", folder, "--log", sample.path, "--from", RECEIPT - 3, "--to", RECEIPT + 2)
    assert result.exit_code == 0, result.output
    return folder


def with_central_key(folder: Path) -> Path:
    """The receipts' key added as an outsider does who knows it, and the manifest told so."""
    keys = folder / "keys.txt"
    keys.write_text(keys.read_text() + checkpoint.cosigner_key(*COSIGNER) + "\n")
    return listed_again(folder)


def test_the_program_in_the_readme_checks_an_export_without_us(out: Path) -> None:
    done = checked(with_central_key(out))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "ALL HOLDS"
    assert len(lines) == 9  # the receipt, the opening, six entries, the last word
    assert lines[1].endswith("cosigned: demo/central 2025-11-24T16:00:00+00:00")
    assert lines[-2].endswith("cosigned: by no key here")
    program = (out / "check.py").read_text()
    assert len(program.splitlines()) < 100
    assert "services" not in program


AT = f"{FOLDER}/entry-{RECEIPT - 1}"
FORGERIES: dict[str, Callable[[Path], object]] = {
    "entry byte": edit(f"{AT}.json", swap(b"agent:0042", b"agent:0043")),
    "entry of another place": lambda f: shutil.copy(f / f"{FOLDER}/entry-0.json", f / f"{AT}.json"),
    "index": edit(f"{AT}.tlog-proof", swap(f"index {RECEIPT - 1}".encode(), f"index {RECEIPT - 2}".encode())),
    "a hash less": edit(f"{AT}.tlog-proof", cut_line(3)),
    "an entry's whole proof": lambda f: shutil.copy(f / f"{FOLDER}/entry-0.tlog-proof", f / f"{AT}.tlog-proof"),
    "size": edit(f"{FOLDER}/checkpoint.txt", swap(f"\n{COUNT}\n".encode(), f"\n{COUNT + 1}\n".encode())),
    "receipt's size": edit(f"{FOLDER}/receipt-{RECEIPT}.txt", swap(f"\n{RECEIPT}\n".encode(), b"\n300\n")),
    "receipt's signature": edit(f"{FOLDER}/receipt-{RECEIPT}.txt", cut_line(4)),
    "growth": edit(f"{FOLDER}/growth-{RECEIPT}.txt", cut_line(1)),
    "another log": edit("keys.txt", swap(ORIGIN.encode(), b"demo/7f3a90c1/2")),
    "another key": lambda f: (f / "keys.txt").write_text(
        checkpoint.verifier_key(ORIGIN, Signer(ORIGIN, OTHER_SEED).public_key) + "\n"
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_the_program_finds_what_was_changed_although_the_manifest_was_made_to_fit(out: Path, name: str) -> None:
    with_central_key(out)
    FORGERIES[name](out)
    done = checked(listed_again(out))
    assert done.returncode == 1
    assert "ALL HOLDS" not in done.stdout


def test_the_program_finds_a_backdated_receipt(out: Path) -> None:
    import base64

    note = out / FOLDER / f"receipt-{RECEIPT}.txt"
    line = note.read_text().splitlines()[-1]
    raw = bytearray(base64.b64decode(line.split(" ")[2]))
    raw[11] ^= 1  # the last byte of the time
    changed = line.rsplit(" ", 1)[0] + " " + base64.b64encode(raw).decode()
    note.write_text(note.read_text().replace(line, changed))
    assert checked(with_central_key(out)).returncode == 1


@pytest.mark.parametrize("name", [f"{AT}.json", f"{FOLDER}/checkpoint.txt", "keys.txt", "README.txt"])
def test_every_file_but_the_manifest_is_in_the_manifest(out: Path, name: str) -> None:
    assert checked(out).returncode == 0
    (out / name).write_bytes((out / name).read_bytes() + b" ")
    done = checked(out)
    assert done.returncode == 1
    (out / "more.txt").write_text("")
    assert checked(out).returncode == 1


def test_files_are_the_bytes_signed_and_the_pages_hold_by_our_own_reading(sample: Sample, out: Path) -> None:
    manifest = json.loads((out / "manifest.json").read_text())
    (log,) = manifest["logs"]
    assert [entry["seq"] for entry in log["entries"]] == [0, *range(RECEIPT - 3, RECEIPT + 3)]
    for entry in log["entries"]:
        seq = entry["seq"]
        data = (out / FOLDER / f"entry-{seq}.json").read_bytes()
        assert data == body(sample.path, seq)
        page = (out / FOLDER / f"entry-{seq}.tlog-proof").read_text("utf-8")
        assert proof.check(page, ORIGIN, KEY)[:2] == (data, seq)
        assert entry["receipt"] == (RECEIPT if seq < RECEIPT else None)
    note = (out / FOLDER / f"receipt-{RECEIPT}.txt").read_text("utf-8")
    assert checkpoint.verify_cosignature(note, *COSIGNER) == (sample.old_head, 1_764_000_000)
    growth = (out / FOLDER / f"growth-{RECEIPT}.txt").read_text("utf-8")
    assert proof.check_growth(growth, sample.old_head, ORIGIN, KEY) == sample.head
    assert log["key_from"] == "the log's own first entry"


def test_equal_input_gives_equal_files(sample: Sample, tmp_path: Path, nobody: None, out: Path) -> None:
    result = run(
        "export",
        "--out",
        tmp_path / "again",
        "--log",
        sample.path,
        "--from",
        RECEIPT - 3,
        "--to",
        RECEIPT + 2,
        "--json",
    )
    told = json.loads(result.output)
    manifest = (tmp_path / "again" / "manifest.json").read_bytes()
    assert told["manifest_sha256"] == sha256(manifest).hexdigest()
    assert (told["entries"], told["without_receipt"], told["details"]) == (7, 3, 0)
    one, two = json.loads(manifest), json.loads((out / "manifest.json").read_text())
    assert one.pop("made_at")
    assert two.pop("made_at")
    assert one == two


def test_no_sealed_details_unless_asked_for(sample: Sample, tmp_path: Path, centre: Centre) -> None:
    end = COUNT - 1
    home = ("--home", centre.home.path)
    span = ("--log", sample.path, "--from", end, "--to", end)
    assert run("export", "--out", tmp_path / "plain", *span).exit_code == 0
    assert not (tmp_path / "plain" / "details").exists()
    assert b"CIPHERTEXT" not in (tmp_path / "plain" / "README.txt").read_bytes()
    result = run("export", "--out", tmp_path / "sealed", "--details", *span, *home)
    assert result.exit_code == 0, result.output
    assert "1 sealed details" in result.output
    assert (tmp_path / "sealed" / "details" / detail().hash).read_bytes() == detail().blob
    assert "CIPHERTEXT" in (tmp_path / "sealed" / "README.txt").read_text("utf-8")
    assert checked(tmp_path / "sealed").returncode == 0


def test_a_log_that_is_not_whole_is_not_exported(sample: Sample, tmp_path: Path, nobody: None) -> None:
    changed = body(sample.path, 17).replace(b"agent:0042", b"agent:0043")
    path = attacked(sample, tmp_path / "attacked", (UPDATE, (changed, 17)))
    result = run("export", "--out", tmp_path / "out", "--log", path, "--from", 400, "--to", 401)
    assert result.exit_code == 1
    assert "edited-entry, entry 17" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--case", "C-26-999999"], "no entry of the case C-26-999999"),
        ([], "either --case, or --from and --to"),
        (["--case", "C-26-004211", "--from", "1", "--to", "2"], "either --case"),
        (["--from", "3"], "go together"),
        (["--from", "9", "--to", "3"], "must not be before --from"),
        (["--from", "599", "--to", "600"], "there is no entry 600"),
    ],
)
def test_what_is_not_there_is_said_and_nothing_written(
    sample: Sample, tmp_path: Path, nobody: None, words: list[str], says: str
) -> None:
    result = run("export", "--out", tmp_path / "out", "--log", sample.path, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_with_anything_in_it_is_left_alone(sample: Sample, tmp_path: Path, nobody: None, out: Path) -> None:
    before = sorted(out.rglob("*"))
    result = run("export", "--out", out, "--log", sample.path, "--from", 1, "--to", 2)
    assert result.exit_code == 2
    assert "not an empty folder" in result.stderr
    assert sorted(out.rglob("*")) == before
    (tmp_path / "empty").mkdir()
    assert run("export", "--out", tmp_path / "empty", "--log", sample.path, "--from", 1, "--to", 2).exit_code == 0


def test_growth_is_written_for_an_older_size_and_no_other(sample: Sample, nobody: None) -> None:
    result = run("growth", RECEIPT, "--log", sample.path)
    assert proof.check_growth(result.stdout, sample.old_head, ORIGIN, KEY) == sample.head
    assert run("growth", COUNT + 1, "--log", sample.path).exit_code == 2
    with pytest.raises(BadInput, match="does not lead"):
        proof.check_growth(result.stdout, TreeHead(RECEIPT, sample.head.root), ORIGIN, KEY)


def test_a_case_is_exported_from_every_log_with_central_s_receipts(centre: Centre, tmp_path: Path) -> None:
    with centre.desk() as desk:
        session = sign_in(desk)
        case = desk.intake.open(session, request(identifier="ada@example.com")).case
        centre.settle(desk)
    words = ("--case", case, "--home", centre.home.path)
    result = run("export", "--out", tmp_path / "out", *words)
    assert result.exit_code == 0, result.output
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert {log["key_from"] for log in manifest["logs"]} == {"central's enrolment"}
    assert all(entry["receipt"] for log in manifest["logs"] for entry in log["entries"])
    done = checked(tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "case.opened in the log; cosigned: demo.rightsdesk.example/central 20" in done.stdout
    for path in (tmp_path / "out").rglob("*"):
        assert path.is_dir() or b"ada@example" not in path.read_bytes()
    assert LOG not in done.stdout


@pytest.fixture
def away(centre: Centre, tmp_path: Path) -> str:
    """A case whose terminal's files lie on another machine."""
    with centre.desk() as desk:
        case = desk.intake.open(sign_in(desk), request()).case
        centre.settle(desk)
        owner = desk._ctx.terminal
    shutil.move(centre.home.folder("terminal", owner), tmp_path / "another machine")
    return case


def test_logs_of_other_machines_are_taken_from_central_when_asked(centre: Centre, away: str, tmp_path: Path) -> None:
    words = ("--case", away, "--home", centre.home.path)
    assert run("export", "--out", tmp_path / "none", *words).exit_code == 2
    result = run("export", "--out", tmp_path / "out", *words, "--central")
    assert result.exit_code == 0, result.output
    done = checked(tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "case.opened in the log; cosigned: demo.rightsdesk.example/central 20" in done.stdout
    assert "by nobody; place " in done.stdout


def test_a_log_that_is_not_whole_in_central_is_not_exported(centre: Centre, away: str, tmp_path: Path) -> None:
    with central.writing(centre.engine).begin() as conn:
        conn.exec_driver_sql("DROP TRIGGER entries_not_changed")
        seq, log = conn.execute(sa.select(ENTRY.c.seq, ENTRY.c.log).where(ENTRY.c.case_id == away)).first() or (0, "")
        held = conn.execute(sa.select(ENTRY.c.body).where(ENTRY.c.log == log, ENTRY.c.seq == seq)).scalar_one()
        changed = held.replace(b'"training":false', b'"training":true')
        conn.execute(sa.update(ENTRY).where(ENTRY.c.log == log, ENTRY.c.seq == seq).values(body=changed))
    result = run("export", "--out", tmp_path / "out", "--case", away, "--home", centre.home.path, "--central")
    assert result.exit_code == 1
    assert f"{log} is not whole in central" in result.stderr
    assert not (tmp_path / "out").exists()


def test_central_s_proofs_are_those_of_the_log_s_own_file(tmp_path: Path) -> None:
    central.create(f"sqlite:///{tmp_path / 'central.db'}", WATCHED_KEY).dispose()
    engine = central.open_engine(f"sqlite:///{tmp_path / 'central.db'}", WATCHED_KEY)
    watched = Watched(engine, tmp_path)
    watched.write(LOG, COUNT)
    with CentralView.of(engine) as view, LogReader(tmp_path / "7f3a90c1-1.db") as reader:
        (shown,) = [one for one in view.logs() if one.log == LOG]
        held = CentralLog(view, shown, COSIGNER)
        assert held.size == COUNT
        for seq in (0, 255, 256, 511, 512, COUNT - 1):
            assert held.inclusion(seq, COUNT) == reader.inclusion(seq)
            assert held.consistency(seq + 1) == reader.consistency(seq + 1)
        assert list(held.bodies(250, 260)) == list(reader.bodies(250, 260))
    engine.dispose()


# ── with a witness ────────────────────────────────────────────────────────────────────────────────────────────


def witness_note(sample: Sample, folder: Path, head: TreeHead, seed: bytes = OTHER_SEED) -> tuple[object, ...]:
    """What a witness cosigned of the sample, and the words that hand it over."""
    folder.mkdir()
    note = checkpoint.cosign(checkpoint.sign(ORIGIN, SEED, head), WITNESS, seed, 1_764_100_000)
    (folder / "7f3a90c1-1.txt").write_text(note, "utf-8")
    key = checkpoint.cosigner_key(WITNESS, Signer(WITNESS, OTHER_SEED).public_key)
    span = ("--log", sample.path, "--from", 1, "--to", 2)
    return (*span, "--witness", folder, "--witness-key", key)


def test_what_a_witness_cosigned_is_in_it_and_the_log_must_continue_it(
    sample: Sample, tmp_path: Path, nobody: None
) -> None:
    result = run("export", "--out", tmp_path / "out", *witness_note(sample, tmp_path / "notes", sample.old_head))
    assert result.exit_code == 0, result.output
    done = checked(tmp_path / "out")
    assert f"witness-{RECEIPT}.txt cosigned: {WITNESS} 2025-11-25T19:46:40+00:00" in done.stdout
    assert done.stdout.endswith("ALL HOLDS\n")
    note = tmp_path / "out" / FOLDER / f"witness-{RECEIPT}.txt"
    note.write_text(checkpoint.cosign(checkpoint.sign(ORIGIN, SEED, TreeHead(RECEIPT, bytes(32))), WITNESS, SEED, 1))
    assert checked(listed_again(tmp_path / "out")).returncode == 1


FORKED, AHEAD = TreeHead(RECEIPT, bytes(32)), TreeHead(COUNT + 1, bytes(32))


@pytest.mark.parametrize(("head", "seed"), [(FORKED, OTHER_SEED), (AHEAD, OTHER_SEED), (None, SEED)])
def test_a_log_that_the_witness_saw_otherwise_is_not_exported(
    sample: Sample, tmp_path: Path, nobody: None, head: TreeHead | None, seed: bytes
) -> None:
    words = witness_note(sample, tmp_path / "notes", head or sample.old_head, seed)
    result = run("export", "--out", tmp_path / "out", *words)
    assert result.exit_code == 1
    assert "is not what the witness saw" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("key", ["", "witness.example", "witness.example+00000000+AAAA"])
def test_notes_without_the_witness_s_key_are_refused(sample: Sample, tmp_path: Path, nobody: None, key: str) -> None:
    words = witness_note(sample, tmp_path / "notes", sample.old_head)[:-1]
    assert run("export", "--out", tmp_path / "out", *words, key).exit_code == 2
