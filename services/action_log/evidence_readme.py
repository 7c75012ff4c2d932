"""README.txt of an evidence export: how to check it without Rightsdesk, the whole program included."""

BEGIN, END = "----- check.py begins -----", "----- check.py ends -----"

PROGRAM = """\
import base64, datetime, hashlib, json, pathlib
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

def sha(data): return hashlib.sha256(data).digest()
def raw(text): return base64.b64decode(text, validate=True)
def read(name): return pathlib.Path(name).read_bytes()
def node(left, right): return sha(b"\\1" + left + right)
def date(seconds): return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat()

manifest = json.loads(read("manifest.json"))
there = {path.as_posix() for path in pathlib.Path().rglob("*") if path.is_file()} - {"manifest.json", "check.py"}
assert there == set(manifest["files"]), "files are missing or were added"
for name, told in manifest["files"].items():
    assert sha(read(name)).hex() == told["sha256"], name + " was changed"
keys, ends = {}, {}  # ends, by log: up to which size a key signed, and the one after it, as keys.json proves
for line in read("keys.txt").decode().splitlines():
    name, _, key = line.split("+", 2)
    keys[name, raw(key)[0]] = raw(key)[1:]

def signed(note, origin):  # size and root that the log signed, and who with a key here cosigned them when
    body, _, lines = note.rpartition("\\n\\n")
    body, good, seen = body + "\\n", set(), []
    first, size, root = body.split("\\n")[:3]
    later = [key for end, key in ends.get(origin, []) if end < int(size)]
    for name, data in ((line.split(" ")[1], raw(line.split(" ")[2])) for line in lines.splitlines()):
        for kind in (1, 4):  # 1: the log itself; 4: a cosigner, with its time
            key = later[-1] if later and (name, kind) == (origin, 1) else keys.get((name, kind))
            if key and sha(name.encode() + b"\\n" + bytes([kind]) + key)[:4] == data[:4]:
                when = int.from_bytes(data[4:12], "big")
                text = body if kind == 1 else f"cosignature/v1\\ntime {when}\\n{body}"
                Ed25519PublicKey.from_public_bytes(key).verify(data[-64:], text.encode())
                good.add((name, kind))
                seen += [name + " " + date(when)] if kind == 4 else []
    assert first == origin and (origin, 1) in good, "not signed by this log's key of that time"
    return int(size), raw(root), ", ".join(seen) or "by no key here"

def walk(hashes, place, last, left, right):  # RFC 9162, 2.1.3.2 and 2.1.4.2: the roots that a proof leads to
    for one in hashes:
        assert last, "a proof with too many hashes"
        if place & 1 or place == last:
            left, right = node(one, left), node(one, right)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            right = node(right, one)
        place, last = place >> 1, last >> 1
    assert last == 0, "a proof with too few hashes"
    return left, right

def proved(page, origin):  # what a tlog-proof proves: bytes, their place, the size of the tree, who cosigned that
    top, _, note = page.partition("\\n\\n")
    form, extra, index, *path = top.split("\\n")
    body, place = raw(extra.split(" ")[1]), int(index.split(" ")[1])
    count, want, seen = signed(note, origin)
    leaf = sha(b"\\0" + body)
    assert form == "c2sp.org/tlog-proof@v1" and place < count, "a proof for another tree"
    assert walk(map(raw, path), place, count - 1, leaf, leaf)[1] == want, "not in the signed tree"
    return body, place, count, seen

trees = {log["log"]: log for log in manifest["logs"]}
for log in trees.values():
    folder, origin = log["folder"], log["origin"]
    ends[origin] = []
    for page in json.loads(read(folder + "/keys.json")) if folder + "/keys.json" in there else []:
        body, place, count, _ = proved(page, origin)  # the last entry that a key signed names the next key
        said = json.loads(body)
        assert (said["log"], said["seq"], said["act"]) == (log["log"], place, "key.rotated"), "no next key"
        assert (said["params"]["epoch"], place) == (len(ends[origin]) + 1, count - 1), "not the last under its key"
        ends[origin].append((count, bytes.fromhex(said["params"]["public_key"])))
    size, root, _ = signed(read(folder + "/checkpoint.txt").decode(), origin)
    assert size == log["size"], "another checkpoint than the manifest says"
    for name, old in log["notes"].items():  # a tree that somebody cosigned is the beginning of the newest one
        old_size, old_root, seen = signed(read(f"{folder}/{name}").decode(), origin)
        top, _, note = read(f"{folder}/growth-{old}.txt").decode().partition("\\n\\n")
        hashes = [raw(line) for line in top.split("\\n")[1:]]
        assert old_size == old and signed(note, origin)[:2] == (size, root), "a proof for another tree"
        if name.startswith("accepted-"):  # central's aggregate holds it
            whole = trees["aggregate"]
            text, place, count, _ = proved(read(f"{folder}/{name[:-4]}.tlog-proof").decode(), whole["origin"])
            assert text == read(f"{folder}/{name}") and count == whole["size"], "not what central accepted"
            seen = f"by nobody; place {place} of {count} in the aggregate"
        print(log["log"], name, "cosigned:", seen)
        if old == size:
            assert old_root == root and not hashes, "forked"
            continue
        if old & (old - 1) == 0:
            hashes.insert(0, old_root)
        place, last = old - 1, size - 1
        while place & 1:
            place, last = place >> 1, last >> 1
        assert walk(hashes[1:], place, last, hashes[0], hashes[0]) == (old_root, root), "not a beginning of the log"
    for seq, by in ((entry["seq"], entry["receipt"]) for entry in log["entries"]):
        body, place, count, seen = proved(read(f"{folder}/entry-{seq}.tlog-proof").decode(), origin)
        assert body == read(f"{folder}/entry-{seq}.json") and (place, count) == (seq, by or size), "another entry"
        assert (json.loads(body)["log"], json.loads(body)["seq"]) == (log["log"], seq), "an entry of another place"
        print(log["log"], seq, json.loads(body)["act"], "in the log; cosigned:", seen)
for number in (name.removeprefix("details/") for name in there if name.startswith("details/")):
    assert sha(read("details/" + number)).hex() == number, "a detail that is not what its entry names"
print("ALL HOLDS")
"""

TEXT = """\
EVIDENCE FROM AN ACTION LOG
===========================

This folder holds entries of one or more action logs, with everything that is needed to check them without the program
that wrote them, without its makers and without a network.

WHAT IS HERE
  manifest.json           what was asked for, what is here, and the SHA-256 of every other file
  keys.txt                public keys, one a line, as Go's sumdb/note writes them: name+id+base64(type, key);
                          type 1 signs a log, type 4 cosigns (central, a witness)
  logs/<log>/entry-N.json         entry N: exactly the bytes that were signed (canonical JSON, no newline at the end)
  logs/<log>/entry-N.tlog-proof   the proof that it stands at place N (c2sp.org/tlog-proof@v1)
  logs/<log>/checkpoint.txt       size and root of the whole log, signed by the log (c2sp.org/tlog-checkpoint)
  logs/<log>/keys.json            if there is one: a log signs with each key for some minutes, names the next one in the
                                  last entry under it, and erases it. These are the proofs of those entries, from the
                                  key in the outer keys.txt on; logs/<log>/keys.txt lists the later keys
  logs/<log>/receipt-S.txt        the log's first S entries, signed by the log and cosigned by central with its time
                                  (c2sp.org/tlog-cosignature)
  logs/<log>/witness-S.txt        if there is one: the first S entries as an independent witness cosigned them
  logs/<log>/accepted-S.txt       if there is one: the newest checkpoint of the log that central accepted, S entries
  logs/<log>/accepted-S.tlog-proof    the proof of its place in central's aggregate of all accepted checkpoints
  aggregate/checkpoint.txt        the aggregate's size and root, signed by central; witness-S.txt and growth-S.txt there
                                  are of its first S checkpoints
  logs/<log>/growth-S.txt         the proof that the whole log begins with these S entries (RFC 6962, 2.1.2)
{details}
HOW TO CHECK IT
  1. Compare the SHA-256 of manifest.json with the one that you were told in another way.
  2. Compare the lines of keys.txt with keys that you know from somebody else than the sender: from an earlier export,
     or from whoever runs the independent witness. Without this step a sender could have made keys and logs anew.
  3. Copy the lines between the two marks below into a file check.py in this folder. Read it: it is short on purpose.
     Run  python3 check.py  here. It needs Python 3.9 or newer and the library "cryptography". It ends with
     ALL HOLDS, or with an error that says what does not.
  4. Or use Go's golang.org/x/mod/sumdb: note.Open reads checkpoint.txt with the key in keys.txt (with the last one in
     logs/<log>/keys.txt, where that is); the proofs are in the form that tlog.CheckRecord and tlog.CheckTree take;
     tlog.RecordHash gives the hash of an entry-N.json.

WHAT IT PROVES
  - Each entry stood at its place in a log of that size when the log signed it; no byte of it was changed since.
  - Where a receipt covers it: central had it no later than the receipt's time. The receipt's time is central's clock.
  - Nothing that a receipt covers was changed, taken out or put in between before the newest checkpoint.
  - With an aggregate: central committed itself to that history of the log among all others, and whoever cosigned the
    aggregate saw it only grow.

WHAT IT DOES NOT PROVE
  - That an entry is true. It says what was recorded, by which terminal or worker and in whose session.
  - The time in an entry ("ts", microseconds since 1970 UTC): it is that machine's own clock.
  - That these are all entries: the sender chose them. Ask for all entries from N to M of a log; a gap would show.
    Entries that another machine wrote are here only if the sender asked central for them.
  - Who holds the keys: see step 2. Entries that no receipt covers could have been written anew by whoever held the
    log's key of that time, until it named the next one (a key.rotated entry after them in keys.json).

PERSONAL DATA
  Entries hold codes, dates, counts and digests, and no readable personal data: what was said or searched is sealed
  outside the log. But a case number and the random "subject" lead whoever can look them up to a person, and "actor"
  to an employee. Treat this folder as pseudonymous personal data.

{begin}
{program}{end}
"""

DETAILS = """\
  details/<SHA-256>       sealed details that the entries name: CIPHERTEXT OF PERSONAL DATA, included on request. Only
                          a worker of the deployment can open them; once erased there, they must be erased here too.
"""


def readme(details: int) -> str:
    """The text for an export with that many sealed details."""
    return TEXT.format(details=DETAILS if details else "", begin=BEGIN, program=PROGRAM, end=END)
