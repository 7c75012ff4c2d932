"""The attacks of rules.md 7.2 by keys at the real console: none gets a word of data, nor that there is an account.

By default one agent takes all these calls, one after the other; with --long each is a desk of its own, at both sizes.
"""

import re
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from services.action_log.entry import Entry
from services.demo.people import Person
from tests.centre import AGENT, AGENT_PIN
from tests.player import Player, acts, console, knows, of_case, only, terminal_log, worker_log
from tests.worker_centre import PEOPLE, WorkerCentre

DISCLOSING = {"find.asked", "find.done", "export.asked", "export.built", "erase.asked", "plan.made", "data.viewed"}
VICTIM, LATELY_CHANGED = PEOPLE[0], PEOPLE[5]


@pytest.fixture(scope="module")
def home(centre_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One home with one worker for all calls of this file."""
    made = tmp_path_factory.mktemp("attacks") / "home"
    shutil.copytree(centre_template, made)
    centre = WorkerCentre(made)
    centre.start()
    yield made
    centre.close()


def secrets_of(person: Person) -> tuple[str, ...]:
    """What is held about them and no caller may hear; nothing that is typed in an attack."""
    return (
        person.pin,
        person.street,
        person.phone,
        person.phone[-6:],
        person.family_name,
        person.date_of_birth.isoformat(),
    )


class Call:
    """One call at the console. Whatever is on the screen when something is said is looked at; `saw` keeps some."""

    def __init__(self, player: Player, home: Path, person: Person) -> None:
        self.player, self.home, self.person = player, home, person
        self.case, self.saw = "", list[str]()

    async def begin(self, right: str = "a", identifier: str = "") -> None:
        self.case = await self.player.log_request(identifier or self.person.customer_number, right)
        await self.player.open_check()
        self.look()

    def look(self) -> str:
        screen = self.player.screen()
        found = [word for word in secrets_of(self.person) if word in screen]
        assert not found, f"the screen shows what nobody may hear:\n{screen}"
        return screen

    async def keep(self) -> None:
        """Keep the screen, once it has stopped changing."""
        self.saw.append(await self.player.still())

    async def mark(self, key: str) -> None:
        """Mark the step in hand and wait for the next."""
        before = self.look()
        await self.player.press(key)
        await self.player.until(lambda: self.player._moved_on(before), "the next step")
        self.look()

    async def says(self, text: str) -> None:
        """Whatever is asked, the caller says this."""
        before = self.look()
        await self.player.press("enter")
        await self.player.sees("type what the caller says, Enter")
        self.look()
        await self.player.write(text)
        await self.player.press("enter")
        await self.player.until(lambda: self.player._moved_on(before), "the comparison")
        self.look()

    async def knows_the_record(self, guards: str = "yyy") -> None:
        """The guards, then every static fact right: KBS, and the recording is paused."""
        for key in guards:
            await self.mark(key)
        before = self.look()
        await self.player.press("enter")
        await self.player.sees("type what the caller says, Enter")
        await self.player.write(knows(self.person)(self.player.said()))
        await self.player.press("enter")
        await self.player.until(lambda: self.player._moved_on(before), "the comparison")
        await self.mark("y")
        await self.player.sees("s sends the code")

    async def step_to(self, words: str) -> None:
        """Move the cursor down to the step that is called so."""
        for _ in range(12):
            if any(words in line for line in self.player.screen().splitlines() if line.startswith(" ▶")):
                return
            await self.player.press("j")
        raise AssertionError(f"no such step: {words}\n{self.player.screen()}")

    async def code(self, *guesses: str) -> None:
        """A code is sent, and the caller reads out guesses."""
        for guess in guesses:
            before = self.look()
            await self.player.press("s")
            await self.player.sees("Wenn uns")
            self.look()
            await self.player.write(guess)
            await self.player.press("enter")
            await self.player.until(lambda before=before: self.player._moved_on(before), "the comparison")  # type: ignore[misc]

    async def nothing_opens(self, reason: str) -> None:
        """Back at the case every key that discloses says no; the contact ends."""
        await self.player.press("escape")
        await self.player.sees("Newest action")
        for key in ("p", "x"):
            await self.player.press(key)
            await self.player.sees(reason)
            self.look()
        await self.player.wrap_up("d")
        assert not DISCLOSING & set(acts(self.entries()))

    def entries(self) -> list[Entry]:
        return of_case(terminal_log(self.home), self.case) + of_case(worker_log(self.home), self.case)

    def failed(self) -> list[tuple[str, str]]:
        wrong = [e for e in self.entries() if e.act == "factor.failed" and e.actor.startswith("worker:")]
        return [(str(e.params["factor"]), str(e.params["reason"])) for e in wrong]

    def passed(self) -> set[str]:
        return {str(e.params["factor"]) for e in self.entries() if e.act == "factor.passed"} & {
            "KBS",
            "OTP",
            "PIN",
            "CBK",
        }


async def ex_partner(call: Call) -> None:
    """IDV-7, G4: all static facts are right, the PIN is guessed; nobody says which answer was wrong."""
    await call.begin()
    await call.knows_the_record()
    for _ in range(2):
        await call.step_to("Service-PIN")
        await call.says("1234")
    ending = call.player.said()
    assert "PIN" not in ending, "the sentence does not say which answer was wrong"
    assert call.case in ending, "and tells that the request stays logged"
    await call.player.press("y")
    await call.player.sees("no: the check is over")
    assert call.failed() == [("PIN", "wrong")] * 2
    await call.nothing_opens("no: the check ended without result")
    assert call.passed() == {"KBS"}
    assert only(call.entries(), "check.started")


async def sympathy(call: Call) -> None:
    """G6: a crying caller in a hospital whose phone is lost: pressure raises the tier, and no key skips a proof."""
    await call.begin()
    await call.knows_the_record("yyf")
    assert "aims at T3" in call.look()
    await call.player.press("y")
    await call.player.sees("this passes by a comparison only")
    await call.nothing_opens("needs T")
    assert call.passed() == {"KBS"}


async def fake_boss(call: Call) -> None:
    """G6, 7.4: "I am your lead, lower it": an agent has no key for that, and none for a call-back to another number."""
    await call.begin()
    await call.knows_the_record("yyf")
    await call.step_to("Rückruf")
    await call.player.press("y")
    await call.player.sees("call the number on file first")
    await call.player.press("escape")
    await call.player.sees("Newest action")
    before = call.look()
    await call.player.press("less_than_sign")
    await call.player.rest(0.2)
    assert "colleague" not in call.player.screen(), f"{before}\n{call.player.screen()}"
    await call.player.press("v")
    await call.player.sees("aims at T3")
    await call.nothing_opens("needs T")
    assert not {"check.aimed", "document.allowed"} & set(acts(call.entries()))


async def cloned_voice(call: Call) -> None:
    """IDV-8: the right voice and the right answers, but not the mailbox: the code cannot be guessed."""
    await call.begin()
    await call.knows_the_record()
    await call.code("000000", "111111")
    await call.nothing_opens("no: the check ended without result")
    assert call.failed() == [("OTP", "wrong")] * 2


async def change_then_ask(call: Call) -> None:
    """IDV-10, G5: the address was changed lately by the thief: no code goes there, and the words are the same."""
    letters = call.home / "outbox"
    await call.begin()
    await call.knows_the_record()
    await call.code("123456")
    await call.nothing_opens("needs T")
    sent = [file for file in letters.glob("*.eml") if "Code" in file.read_text(errors="replace")[:2000]]
    assert not [file for file in sent if call.person.email in file.read_text(errors="replace")]
    assert call.failed() == [("OTP", "wrong")]


async def who_answers_there(call: Call) -> None:
    """7.6: the same keys for a customer and for nobody: what the agent sees and reads out is the same, line by line."""
    seen = []
    for identifier in (call.person.customer_number, "K999999"):
        one = Call(call.player, call.home, call.person)
        await one.begin(identifier=identifier)
        await one.keep()
        for key in "yyy":
            await one.mark(key)
        await one.says("1901-01-01")
        await one.keep()
        for way in ("Code an die", "Rückruf", "Service-PIN"):
            await one.step_to(way)
            await one.keep()
        await one.player.press("k", "k")
        await one.code("000000")
        await one.keep()
        await one.nothing_opens("no: the check ended without result")
        seen.append([_words(screen) for screen in one.saw])
    assert seen[0][0] != seen[0][-1], "the control: what happened can be seen"
    pairs = zip(seen[0], seen[1], strict=True)
    assert not [(a, b) for known, nobody in pairs for a, b in zip(known, nobody, strict=True) if a != b]


def _words(screen: str) -> list[str]:
    """The lines of a screen without case number, person, clocks and the question drawn by chance."""
    lines = [re.sub(r"C-\d\d-\d{6}", "CASE", line) for line in screen.splitlines()[1:-1]]
    lines = [re.sub(r"\d+ (s|min)\b|\d\d:\d\d(:\d\d)?|\S•+\S*", "…", line) for line in lines]
    return [re.sub(r"Wie lautet Ihr[a-z]* \w+\?", "QUESTION", line).rstrip(" ▁▂▃▄▅▆▇█") for line in lines]


ATTACKS: dict[Callable[[Call], Awaitable[None]], Person] = {
    ex_partner: VICTIM,
    sympathy: VICTIM,
    fake_boss: VICTIM,
    cloned_voice: PEOPLE[2],
    change_then_ask: LATELY_CHANGED,
    who_answers_there: VICTIM,
}


@pytest.mark.rule("SAY-NO-ACCOUNT", "THIRD-SPOUSE")
async def test_IDV_7_IDV_8_IDV_10_G4_G6_no_attack_gets_a_word_of_data_or_that_an_account_exists(home: Path) -> None:
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        for attack, person in ATTACKS.items():
            try:
                await attack(Call(player, home, person))
            except AssertionError as exc:
                raise AssertionError(f"{attack.__name__}: {exc}") from exc


@pytest.mark.long
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_each_attack_alone(home: Path, attack: Callable[[Call], Awaitable[None]], size: tuple[int, int]) -> None:
    async with console(home, size=size) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        await attack(Call(player, home, ATTACKS[attack]))
