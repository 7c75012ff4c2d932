"""Acting for a person: export, erase, consent, marketing stop, notes, wrapping up. Every act is judged by one table."""

from collections.abc import Sequence
from hashlib import sha256

import orjson

from db.log import Detail
from services.action_log import acts
from services.action_log.sealing import seal
from services.cases.aims import needed
from services.cases.case import Case
from services.cases.decision import WEIGHED
from services.cases.fold_acts import DIRECT
from services.cases.fold_minor import about_minor, not_theirs
from services.cases.policy import may
from services.controllers import words
from services.desk.again import lift_drafts, marketing_drafts
from services.desk.asks import Asks
from services.desk.cases import Cases
from services.desk.context import Context
from services.errors import BadInput, NotFound, Refused
from services.identity import identifiers
from services.identity.template import templates
from services.risk.scan import scan
from services.types import Outcome, PurposeView, RiskFlag, Session, Tier

GROUNDS = ("17-1-a", "17-1-b", "17-1-c", "17-1-d", "17-1-e", "17-1-f")
"""Art 17(1): which ground an erasure rests on is recorded (rules.md 4.4)."""
RESTRICTIONS = ("18-1-a", "18-1-b", "18-1-c", "18-1-d")
"""Art 18(1): accuracy contested, unlawful but not to be erased, needed for claims, objection pending."""
LIFTED = ("accuracy-checked", "lawful", "claim-over", "objection-decided", "person-asked")
"""Why a restriction ends: what each ground of Art 18(1) waited for, or the person's own wish."""
WRAP_UPS = (
    "LOGGED",
    "ACK-SENT",
    "VERIFIED",
    "VERIFY-FAIL",
    "CALLBACK-SET",
    "INFO-ONLY",
    "MKT-STOP",
    "CONSENT-CHG",
    "EXPORT-SENT",
    "ERASE-STARTED",
    "REFUSE-PROP",
    "EXTENDED",
    "ESCALATED",
    "BREACH-RAISED",
    "NOT-DSR",
)
"""Rules.md 10.1."""


class Acting:
    """One method an act; each raises `Refused` with the table's reason."""

    def __init__(self, ctx: Context, cases: Cases, asks: Asks) -> None:
        self._ctx, self._cases, self._asks = ctx, cases, asks

    def export(self, session: Session, case: str, *, language: str = "", format: str = "json", item: str = "") -> None:
        """Ask for the package that answers access or portability, by the item's right (the first open one unless
        named); a worker builds and delivers it. Raises `Refused`.
        """
        state = self._cases.state(case)
        item = self._ctx.permit("export", state, session, item or None).item
        act = acts.ExportAsked(format=format, language=language or self._language(state), delivery="on-file")
        self._ctx.record(session, act, state, item)

    def transfer(self, session: Session, case: str, name: str, mail: str, *, language: str = "") -> None:
        """Have what is portable sent straight to another controller, who is called `name` (Art 20(2), T3).

        The person keeps the key. Raises `Refused`, `BadInput`.
        """
        state = self._cases.state(case)
        item = self._ctx.permit("transfer", state, session).item
        name, mail = " ".join(name.split()), mail.strip()
        if not 2 <= len(name) <= 100:
            raise BadInput("the other provider has a name of 2 to 100 characters", place="name")
        if identifiers.kind_of(mail) != identifiers.EMAIL or "@" not in mail.strip("@"):
            raise BadInput("a whole e-mail address of the other provider", place="mail")
        blob = seal(
            self._ctx.sealing_key(state), orjson.dumps({"name": name, "mail": mail}),
            deployment=self._ctx.deployment, owner=case, kind="target",
        )  # fmt: skip
        detail = Detail(sha256(blob).hexdigest(), case, "target", blob)
        act = acts.ExportAsked(format="json", language=language or self._language(state), delivery=DIRECT)
        self._ctx.write([self._ctx.draft(session, act, state, item, (detail.hash,))], [detail])

    def erase(
        self,
        session: Session,
        case: str,
        typed: str,
        *,
        ground: str = "17-1-a",
        language: str = "",
        digest: str = "",
    ) -> None:
        """Ask for the planned erasure. `typed` is the last four of the case number (WCAG 3.3.4); a lead approves.

        With `digest` it is exactly the plan that was shown, or `Refused`.
        """
        state = self._cases.state(case)
        answer = self._ctx.permit("erase", state, session)
        if typed != case[-4:]:
            raise Refused("the last four of the case number do not match", next_key="type them again")
        if ground not in GROUNDS:
            raise BadInput(f"a ground is one of {', '.join(GROUNDS)}", place="ground")
        item = state.item(answer.item)
        if item is None:
            raise NotFound("the item is gone")
        if digest and item.digest != digest:
            raise Refused("the plan changed since it was shown", next_key="p looks again")
        language = language or self._language(state)
        act = acts.EraseAsked(plan=item.plan, digest=item.digest, ground=ground, language=language)
        self._ctx.record(session, act, state, item.id)

    def withdraw(self, session: Session, case: str, reason: str = "asked") -> None:
        """Take back what is still held: an erasure before it runs, or what waits because it takes T3."""
        state = self._cases.state(case)
        now = self._ctx.moment(session, state.controller)
        if may("recall", state, now).allowed and not may("withdraw", state, now).allowed:
            item = self._ctx.permit("recall", state, session).item
            self._ctx.record(session, acts.WaitWithdrawn(reason=reason), state, item)
            return
        item = self._ctx.permit("withdraw", state, session).item
        self._ctx.record(session, acts.EraseWithdrawn(reason=reason), state, item)

    def purposes(self, session: Session, case: str, language: str = "") -> tuple[PurposeView, ...]:
        """The controller's purposes with the text to read; the person's own status only from T1 (CL-CON-W)."""
        self._ctx.require(session)
        state = self._cases.state(case)
        controller, language = self._ctx.controller(state.controller), language or self._language(state)
        status: dict[str, str] = {}
        if self._ctx.online and self._cases.tier(state, session) >= Tier.T1:
            status = dict(self._asks.ask("purposes", {"case": case})["status"])
        return tuple(
            PurposeView(
                key=p.key,
                title=words(p.title, language),
                text=words(p.consent.texts, language),
                text_version=p.consent.version,
                effect=words(p.consent.effect, language),
                marketing=p.marketing,
                status=status.get(p.key, ""),
            )
            for p in controller.purposes
        )

    def consent(
        self, session: Session, case: str, purpose: str, *, given: bool, language: str = "", by: str = ""
    ) -> None:
        """One purpose, given or withdrawn; giving needs T1 and the text read out, withdrawing nothing (Art 7).

        For a minor `by` says who gives it: the `child`, asked its age, or who holds `parental` responsibility (Art 8).
        """
        state = self._cases.state(case)
        item = self._ctx.permit("consent-give" if given else "consent-withdraw", state, session).item
        found = self._ctx.controller(state.controller).purpose(purpose)
        if found is None:
            raise NotFound(f"there is no purpose {purpose}")
        language = language or self._language(state)
        version = found.consent.version
        act: acts.Act = (
            acts.ConsentGiven(purpose=purpose, text=version, language=language)
            if given
            else acts.ConsentWithdrawn(purpose=purpose, text=version, language=language, marketing=found.marketing)
        )
        named = [self._consenter(state, by)] if given and about_minor(state) else []
        self._ctx.write([self._ctx.draft(session, one, state, item) for one in (*named, act)])

    def _consenter(self, state: Case, by: str) -> acts.Act:
        """Who consents for the minor; raises `Refused` with whom the law asks instead."""
        from services.identity.consent_age import consent_age  # a YAML file, for few cases

        age = consent_age(self._ctx.controller(state.controller).country, self._ctx.today(state.controller)).age
        if why := not_theirs(state, by, age):
            raise Refused(why)
        return acts.ConsenterNamed(who=by, age=age)

    def stop_marketing(self, session: Session, case: str, channels: Sequence[str] = ("all",)) -> str:
        """Absolute, at once, no identity ceremony (Art 21(2)-(3)); adds the right to the case if it is not there.

        Returns the sentence to say, the same whether or not anything is held.
        """
        state = self._cases.state(case)
        self._ctx.permit("marketing", state, session)
        self._ctx.write(marketing_drafts(self._ctx, session, state, channels))
        return self._said(state)

    def restrict(self, session: Session, case: str, ground: str) -> None:
        """Have the person's data stored only, in every system (Art 18(1)); `ground` is one of `RESTRICTIONS`."""
        state = self._cases.state(case)
        item = self._ctx.permit("restrict", state, session).item
        if ground not in RESTRICTIONS:
            raise BadInput(f"a ground is one of {', '.join(RESTRICTIONS)}", place="ground")
        self._ctx.record(session, acts.RestrictionAsked(ground=ground), state, item)

    def lift(self, session: Session, case: str, reason: str) -> None:
        """Have a restriction lifted in every system, for one of `LIFTED`; the person is told first (Art 18(3)).

        A lead's, with the PIN just before. It is an item of its own: the one that restricted has ended.
        """
        state = self._cases.state(case)
        self._ctx.permit("lift", state, session)
        if reason not in LIFTED:
            raise BadInput(f"a reason is one of {', '.join(LIFTED)}", place="reason")
        self._ctx.write(lift_drafts(self._ctx, session, state, reason))

    def check_text(self, text: str, controller: str) -> tuple[RiskFlag, ...]:
        """Personal data a note does not need; kinds and places, never values."""
        return scan(text, country=self._ctx.controller(controller).country)

    def note(self, session: Session, case: str, text: str, *, reason: str = "") -> None:
        """Keep a note, sealed to the case. With risky data in it a `reason` to keep it is needed (rules.md 12)."""
        state = self._cases.state(case)
        self._ctx.permit("note", state, session)
        if not text.strip() or len(text) > 4000:
            raise BadInput("a note has 1 to 4,000 characters", place="note")
        kinds = sorted({f.kind for f in self.check_text(text, state.controller)})
        if kinds and not reason:
            raise Refused(
                f"the note holds {', '.join(kinds)}: mask it, or say why it must stay", next_key="mask or keep"
            )
        blob = seal(
            self._ctx.sealing_key(state), text.encode(), deployment=self._ctx.deployment, owner=case, kind="note"
        )
        detail = Detail(sha256(blob).hexdigest(), case, "note", blob)
        kept = acts.NoteKept(kind="note", reason=reason or None, flags=tuple(kinds))
        flags = [acts.RiskFlagged(kind=k, field="note", count=1, choice="kept") for k in kinds]
        drafts = [self._ctx.draft(session, kept, state, details=(detail.hash,))]
        self._ctx.write([*drafts, *(self._ctx.draft(session, f, state) for f in flags)], [detail])

    def flagged(self, session: Session, kind: str, field: str, count: int, choice: str) -> None:
        """What the agent did about risky data in a field that is not kept as it was typed."""
        self._ctx.record(session, acts.RiskFlagged(kind=kind, field=field, count=count, choice=choice))

    def resolve(self, session: Session, case: str, item: str, outcome: Outcome, ground: str = "") -> None:
        """End an item by a person's decision, such as not identified."""
        state = self._cases.state(case)
        self._ctx.permit("resolve", state, session)
        if outcome in (Outcome.REFUSED, Outcome.OPEN):
            raise Refused("a refusal needs its letter and a lead: not from here")
        found = state.item(item)
        if found is not None and found.right in WEIGHED and outcome in (Outcome.DONE, Outcome.PARTLY):
            raise Refused("it is weighed: two people decide, and the person is told", next_key="R")
        wanted = needed(state, state.item(item), Tier.T2)
        reached = self._cases.tier(state, session)
        if outcome is Outcome.NOTHING_HELD and (reached is Tier.TX or reached < wanted):
            raise Refused(f"that nothing is held is said from {wanted} on, reached {reached}", next_key="v")
        self._ctx.record(session, acts.ItemResolved(outcome=outcome, ground=ground or None), state, item)

    def hand_over(self, session: Session, case: str, reason: str = "hand-over") -> None:
        """Give the case back to the queue; an open check ends with it (G10)."""
        state = self._cases.state(case)
        self._ctx.permit("hand-over", state, session)
        drafts = [self._ctx.draft(session, acts.CaseReleased(reason=reason), state)]
        if state.check is not None and state.check.ended in ("", "done"):
            ended = acts.CheckEnded(check=state.check.id, tier=state.check.tier, reason="handed-over")
            drafts.insert(0, self._ctx.draft(session, ended, state))
        self._ctx.write(drafts)

    def wrap_up(self, session: Session, case: str, code: str, seconds: int) -> None:
        """How the contact ended, for what a case costs; an open check ends with the contact."""
        state = self._cases.state(case)
        self._ctx.permit("wrap-up", state, session)
        if code not in WRAP_UPS:
            raise BadInput(f"a wrap-up is one of {', '.join(WRAP_UPS)}", place="code")
        drafts = [
            self._ctx.draft(session, acts.WrapCoded(code=code), state),
            self._ctx.draft(session, acts.ContactEnded(seconds=max(0, seconds)), state),
        ]
        if state.check is not None and state.check.ended in ("", "done"):
            ended = acts.CheckEnded(check=state.check.id, tier=state.check.tier, reason="contact-ended")
            drafts.append(self._ctx.draft(session, ended, state))
        self._ctx.write(drafts)

    def _said(self, state: Case) -> str:
        """What CL-OBJ-MKT says when it is done."""
        done = next(step for step in templates()["CL-OBJ-MKT"].steps if step.id == "done")
        return words(done.say, self._language(state))

    def _language(self, state: Case) -> str:
        return self._ctx.controller(state.controller).language
