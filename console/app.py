"""The Textual App: what holds across screens. Sign-in paints first; the desk opens in a job after the first frame."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import on
from textual.message import Message
from textual.screen import Screen

from console.session import SessionApp
from screens.kit import keys, live
from screens.kit.deskside import Deskside, sentences
from screens.kit.messages import JobFailed
from screens.kit.theme import THEMES
from screens.signin import SignInScreen

if TYPE_CHECKING:
    from textual.widget import Widget

    from console.settings import Lock, Settings
    from services.types import Status

LINK_AFTER_S = 6.0  # central's imports would slow the check of the PIN; the queue's first rows call for them at once


@dataclass
class DeskOpened(Message):
    desk: Any


@dataclass
class StatusRead(Message):
    status: "Status"


@dataclass
class HaltsRead(Message):
    halted: tuple[str, ...]


class DeskApp(SessionApp):
    """The console. `opener` makes the desk; it is called in a thread."""

    TITLE = "Rightsdesk"
    CSS_PATH = "../screens/signin.tcss"  # the library loads no stylesheet for the screen an app starts with
    BINDINGS = keys.bindings("app")
    STATUS_S = 0.5

    def __init__(
        self,
        opener: Callable[[], Any],
        logs: Path,
        *,
        theme: str = "dark",
        chosen_keys: Mapping[str, str] | None = None,
        lock: "Lock | None" = None,
        notice: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        super().__init__(logs, lock)
        self.opener, self.notice, self.clock = opener, notice, clock
        for known in THEMES.values():
            self.register_theme(known)
        self.set_reactive(DeskApp.theme, THEMES.get(theme, THEMES["dark"]).name)  # unwatched: no second parse
        self.stylesheet.set_variables(self.get_css_variables())
        changed = keys.keymap(chosen_keys or {})
        self.keys: Mapping[str, str] = {a.id: changed.get(a.id, a.keys) for a in keys.REGISTRY}
        self.set_keymap(changed)
        self.status: Status | None = None
        self.holding = True  # keys typed before sign-in can take them
        self._asking_status = self._opening = False

    # --- start -----------------------------------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[Any]:
        return SignInScreen()

    def ready(self) -> None:
        """Sign-in is painted and takes keys: hand it what was typed meanwhile, and open the desk."""
        self.release_keys()
        self.open_desk()

    def open_desk(self) -> None:
        """Open the desk in a job; sign-in asks again when it failed."""
        if self._opening:
            return
        self._opening = True
        self.jobs.run(self, self.opener, reply=DeskOpened, serial="open", stage="opening the desk")

    @on(DeskOpened)
    def _opened(self, message: DeskOpened) -> None:
        self.desk = message.desk
        self.set_interval(self.STATUS_S, self._ask_status)
        self.set_interval(1, self._look_at_clock)
        for screen in self.screen_stack:
            if isinstance(screen, SignInScreen):
                screen.desk_is_open()

    def _ask_status(self) -> None:
        if not self._asking_status:  # a slow answer must not queue up others
            self._asking_status = True
            self.jobs.run(self, self.desk.status, reply=StatusRead, serial="status")

    @on(StatusRead)
    def _status_read(self, message: StatusRead) -> None:
        self._asking_status = False
        if message.status != self.status:
            more = self._open_breaches(message.status) > self._open_breaches(self.status)
            self.status = message.status
            if more and self.locked_at is None:
                self.flash("a breach was raised: see the register of breaches (:)")
            for front in self.screen_stack[-1:]:  # none is left when the app closes meanwhile
                front.query("StatusBar, TopBar").refresh()

    def _open_breaches(self, status: "Status | None") -> int:
        """How many breaches are open that whoever is at the desk decides about."""
        session = self.session
        if status is None or session is None or session.role not in keys.LEAD:
            return 0
        return sum(one.count for one in status.breaches if one.controller in session.controllers)

    @on(JobFailed)
    def _failed(self, message: JobFailed) -> None:
        if message.what == "status":
            self._asking_status = False
        elif message.what == "leaving":
            self.exit()
        else:
            self._opening = False
            self.flash(sentences(message.error), "bad")

    # --- what screens ask of the app (screens/kit/host.py) ---------------------------------------------------------

    def beside(self) -> "Iterable[Widget]":
        return ()

    def too_fast(self) -> None:
        self.flash("keys came faster than a hand types: nothing was done", "no")

    def perform(self, action: str) -> None:
        found = live.find(self.screen, action)
        if found is None or not found.enabled:
            reason = self.screen.why_not(action) if isinstance(self.screen, Deskside) else ""
            self.flash(reason or "not here", "no")
        else:
            self.call_later(self.run_action, action, found.node)

    # --- keys that hold everywhere ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        known = keys.ACTIONS.get(action)
        if known is None or action in ("leave", "help", "theme"):
            return True
        if self.session is None or self.locked_at is not None or self.session.role not in known.roles:
            return False
        return hasattr(self, f"action_{action}")

    def action_help(self) -> None:
        from screens.help import HelpScreen

        self.push_screen(HelpScreen(live.all_of(self.screen)), lambda action: self.perform(action) if action else None)

    def action_commands(self) -> None:
        from screens.palette import palette

        self.push_screen(palette(self.perform))

    def action_breach(self) -> None:
        if isinstance(self.screen, Deskside) and not self.screen.query("#lock"):
            self.show("breach", self.screen.about())

    def action_breaches(self) -> None:
        self.show("breaches")

    def action_log(self) -> None:
        self.show("log")

    def action_halt(self) -> None:
        self.jobs.run(self, self.desk.work.halted, self.session, reply=HaltsRead, serial="halts", stage="one moment")

    @on(HaltsRead)
    def _halts_read(self, message: HaltsRead) -> None:
        from screens.halting import ask

        if self.session is not None and self.locked_at is None and not self.screen.is_modal:
            ask(self, message.halted)

    def action_theme(self) -> None:
        names = [theme.name for theme in THEMES.values()]
        self.theme = names[(names.index(self.theme) + 1) % len(names)]


def run(settings: "Settings", notice: str = "") -> int:
    """Open the console on a home; returns the process's exit code."""
    from console.desk_opener import open_desk

    if settings.screen.theme == "no-colour":
        os.environ["NO_COLOR"] = "1"
    app = DeskApp(
        lambda: open_desk(settings, link_after_s=LINK_AFTER_S),
        settings.home / "logs",
        theme=settings.screen.theme,
        chosen_keys=settings.keys.chosen,
        lock=settings.lock,
        notice=notice,
    )
    try:
        app.run(mouse=settings.screen.mouse)
    finally:
        if app.desk is not None:
            app.desk.close()
    return app.return_code or 0
