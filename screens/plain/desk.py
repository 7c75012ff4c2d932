"""From sign-in to leaving, on plain lines."""

from screens.plain.queue import queue
from screens.plain.seat import BACK, Leave, Option, Seat, SignedOut


def sit_down(seat: Seat) -> None:
    """Sign in, work, sign out, again and again, until somebody leaves."""
    seat.say("Rightsdesk, plain lines. Type a number or a letter and Enter; L locks the desk; ? tells more.")
    try:
        while True:
            try:
                sign_in(seat)
                queue(seat)
            except SignedOut:
                continue
    except Leave:
        seat.stand_up("left")
        seat.say("Goodbye.")


def sign_in(seat: Seat) -> None:
    """Agent number and PIN; asks again until they fit. An empty number leaves."""
    while True:
        agent = seat.ask("Agent number; empty: leave")
        if not agent:
            raise Leave
        pin = seat.ask("PIN", secret=True)
        session = seat.does(lambda agent=agent, pin=pin: seat.desk.sign.sign_in(agent, pin))  # type: ignore[misc]
        if session is None:
            continue
        if len(session.roles) > 1:
            options = [Option(str(n), role.value) for n, role in enumerate(session.roles, 1)]
            key = seat.choose("Work in which role?", options, back="sign out")
            if key == BACK:
                seat.does(lambda session=session: seat.desk.sign.sign_out(session, "left"))  # type: ignore[misc]
                continue
            role = session.roles[int(key) - 1]
            if role is not session.role:
                session = seat.does(lambda session=session, role=role: seat.desk.sign.work_as(session, role))  # type: ignore[misc]
        if session is not None:
            seat.sit(session)
            seat.say(f"signed in: {session.agent}, {session.role.value}")
            if session.until is not None:
                until = f"{session.until.astimezone():%H:%M}"
                seat.say(f"no answer from central: this desk checked the PIN itself, good until {until}")
            return
