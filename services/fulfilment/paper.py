"""A letter with a code, on paper, to the address on file (rules.md 7.3, LTR). The code stands there and nowhere else.

What is sealed of the letter has dots in its place; what is kept of the code is a keyed digest with its end.
"""

from dataclasses import replace

import orjson

from db.kill_points import reach
from services.action_log.acts import LetterMade, LetterSent
from services.cases.case import Case
from services.fulfilment.letter_pdf import letter_pdf
from services.fulfilment.post import as_text
from services.fulfilment.steps import Task
from services.fulfilment.workroom import Workroom
from services.identity.codes import LETTER_TRIES, LETTER_US, KeptCode, is_late, keep, letter_code, same_code
from services.letters.compose import Letter
from services.letters.delivery import put_in_outbox

DOTS = "••••••••"
"""Stands for the code in every text but the paper."""
MEDIUM = "post"


def print_code(task: Task, step: str, case: Case, letter: Letter, to: str) -> str:
    """Lay the letter with its code into the outbox as a PDF to be printed and posted, and record it, once.

    `to` is the address, a line each. A repeat lays the same there. Raises `Unavailable`, `Unusable`.
    """
    before = task.done(f"{step}:sent", case)
    if before is not None:
        return str(before["medium"])
    room = task.room
    code = letter_code(room.lookup_key, task.job.id)
    _keep(room, case.id, task.job.id, code)
    made = LetterMade(letter.id, letter.template, letter.version, letter.language)
    task.report(f"{step}:made", made, case, task.job.item)
    reach("post.before-send")
    task.hold()
    controller = room.controller(case.controller)
    paper = replace(letter, text=letter.text.replace(DOTS, f"{code[:4]} {code[4:]}"))
    at = room.at(controller, room.now())
    pdf = letter_pdf(paper, controller, at, case_number=case.id, to=to.splitlines())
    put_in_outbox(room.outbox, f"{letter.id}.pdf", pdf)
    reach("post.after-send")
    sealed = room.details.seal(case.id, "letter", as_text(letter))
    task.report(f"{step}:sent", LetterSent(letter.id, MEDIUM), case, task.job.item, (sealed,))
    return MEDIUM


def _keep(room: Workroom, case: str, job: str, code: str) -> None:
    """What is kept of the newest code of a case; older ones count no more."""
    kept = keep(code, room.lookup_key, case, room.now(), LETTER_US)
    _put(room, case, {"digest": kept.digest.hex(), "until": kept.until, "left": LETTER_TRIES, "job": job})


def _put(room: Workroom, case: str, facts: dict[str, object] | None) -> None:
    for digest in room.details.own(case, "letter-code"):
        room.store.drop_detail(digest)
    sealed = room.details.seal(case, "letter-code", orjson.dumps(facts)) if facts is not None else None
    if sealed is not None:
        room.store.put_detail(sealed.hash, case, "letter-code", sealed.blob)


def said_letter_code(room: Workroom, case: str, given: str) -> str:
    """`same`, `expired` or `wrong`; a code counts once, and after `LETTER_TRIES` wrong ones no more."""
    for text in room.details.own(case, "letter-code").values():
        raw = orjson.loads(text)
        kept = KeptCode(bytes.fromhex(raw["digest"]), raw["until"])
        if same_code(given, kept, room.lookup_key, case):
            _put(room, case, None)
            return "expired" if is_late(kept, room.now(), LETTER_US) else "same"
        left = int(raw["left"]) - 1
        _put(room, case, {**raw, "left": left} if left else None)
    return "wrong"
