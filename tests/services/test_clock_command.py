"""The command `rightsdesk clock`: every vector of rules.md 2.4 by its options, and bad input in one line."""

import json

import pytest
import typer
from typer.testing import CliRunner

from console.commands.clock import clock

app = typer.Typer()
app.command()(clock)


def run(line: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, line.split())
    return result.exit_code, result.stdout, result.stderr


def test_the_command_says_date_weekday_and_why() -> None:
    code, out, _ = run("--received 2026-03-05 --country DE")
    assert code == 0
    assert out.startswith("Answer by Tuesday 7 April 2026.")
    assert "Sunday 5 April 2026 is a Sunday" in out
    assert "Monday 6 April 2026 is a public holiday (Easter Monday)" in out


def test_the_command_in_json_has_the_names_of_the_rules() -> None:
    code, out, _ = run("--received 2026-01-31 --country DE --extended --json")
    found = json.loads(out)
    assert code == 0
    names = "received_at received_on start_on due_nominal due_hard due_susp notice_by_extension notice_by_refusal"
    assert set(f"{names} due_extended internal_target answered_at clock_events rules".split()) <= set(found)
    assert (found["due_nominal"], found["due_hard"], found["due_extended"]) == (
        "2026-02-28",
        "2026-03-02",
        "2026-04-30",
    )
    assert "CLK-11" in found["rules"]


def test_the_command_takes_part_and_regime() -> None:
    assert "Tuesday 29 December 2026" in run("--received 2026-11-25 --country GB --subdivision ENG --regime UK")[1]
    bavaria = run("--received 2026-05-04 --country DE --subdivision BY")[1]
    assert bavaria.startswith("Answer by Friday 5 June 2026.")
    assert "nationwide holidays alone it is Thursday 4 June 2026" in bavaria


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--received 2026-02-30 --country DE", "--received: there is no day"),
        ("--received soon --country DE", "--received: there is no day"),
        ("--received 1999-01-01 --country DE", "--received"),
        ("--received 9999-12-31 --country DE", "--received"),
        ("--received 2026-03-05 --country XX", "--country: there is no country"),
        ("--received 2026-03-05 --country GB", "--subdivision: GB needs"),
        ("--received 2026-03-05 --country DE --subdivision ZZ", "--subdivision: DE has no"),
        ("--received 2026-03-05 --country DE --regime US", "--regime: there is no regime"),
    ],
)
def test_bad_input_is_exit_2_with_one_clear_line(line: str, says: str) -> None:
    code, out, err = run(line)
    assert (code, out) == (2, "")
    assert says in err
    assert len(err.strip().splitlines()) == 1


GERMANY, ENGLAND, POLAND = "--country DE", "--country GB --subdivision ENG", "--country PL"
VECTORS = [
    ("1", f"--received 2026-03-05 {GERMANY}", "2026-04-07"),
    ("2", f"--received 2026-01-31 {GERMANY}", "2026-03-02"),
    ("3", f"--received 2026-01-30 {GERMANY}", "2026-03-02"),
    ("4", f"--received 2027-01-31 {GERMANY}", "2027-03-01"),
    ("5", f"--received 2028-01-31 {GERMANY}", "2028-02-29"),
    ("6", f"--received 2026-08-31 {GERMANY}", "2026-09-30"),
    ("7", f"--received 2026-11-14 {GERMANY}", "2026-12-14"),
    ("8 DE", f"--received 2026-11-24 {GERMANY}", "2026-12-24"),
    ("8 PL", f"--received 2026-11-24 {POLAND}", "2026-12-28"),
    ("9 DE", f"--received 2026-11-25 {GERMANY}", "2026-12-28"),
    ("9 UK", f"--received 2026-11-25 {ENGLAND}", "2026-12-29"),
    ("10", f"--received 2026-04-14 {GERMANY}", "2026-05-15"),
    ("11 EU", f"--received 2026-07-31 {GERMANY}", "2026-08-31"),
    ("11 UK", f"--received 2026-07-31 {ENGLAND}", "2026-09-01"),
    ("12", f"--received 2026-02-10 {GERMANY}", "2026-03-10"),
    ("13", f"--received 2026-01-31 {GERMANY} --extended", "2026-04-30"),
    ("14", f"--received 2026-06-10 {GERMANY} --extended", "2026-09-10"),
    ("15 EU", f"--received 2026-06-10 {GERMANY} --question identity:2026-06-10:2026-06-22 --accepted", "2026-07-22"),
    ("15 UK", f"--received 2026-06-10 {ENGLAND} --question identity:2026-06-10:2026-06-22 --accepted", "2026-07-22"),
    (
        "15 UK2",
        f"--received 2026-06-10 {ENGLAND} --question clarification:2026-06-10:2026-06-22 --accepted",
        "2026-07-22",
    ),
    ("15b", f"--received 2026-06-10 {ENGLAND} --question clarification:2026-06-15:2026-06-22 --accepted", "2026-07-20"),
]


@pytest.mark.parametrize("row", VECTORS, ids=[v[0] for v in VECTORS])
def test_every_vector_of_the_specification_is_answered(row: tuple[str, str, str]) -> None:
    _, line, end = row
    code, out, _ = run(f"{line} --json")
    found = json.loads(out)
    assert (code, found["due"]) == (0, end)
    hard = "2026-07-10" if "question" in line else end
    assert hard in (found["due_hard"], found["due_extended"])
    assert {"CLK-1", "CLK-4", "CLK-5", "CLK-6"} <= set(found["rules"])
    assert ("SUS-4" in found["rules"]) == ("question" in line)


@pytest.mark.rule("CLK-13")
def test_vector_16_a_breach_in_hours() -> None:
    code, out, _ = run("--breach 2026-11-20T16:20 --zone Europe/Berlin --json")
    found = json.loads(out)
    assert (code, found["rules"]) == (0, ["CLK-13"])
    assert (found["safe"], found["latest"]) == ("2026-11-23T16:20:00+01:00", "2026-11-23T17:00:00+01:00")
    assert run("--breach 2026-11-20T15:20Z --zone Europe/Berlin --json")[1] == out
    assert run("--breach 2026-11-20T16:20 --zone Europe/Berlin")[1].startswith(
        "Tell the authority by Monday 23 November 2026 at 16:20."
    )


def test_the_text_says_what_a_question_does_and_which_date_leads() -> None:
    asked = "--received 2026-06-10 --country DE --question identity:2026-06-10:2026-06-22"
    out = run(asked)[1]
    assert out.startswith("Answer by Friday 10 July 2026.")
    assert "With that the end is Wednesday 22 July 2026; it leads once a team lead accepts it" in out
    assert run(f"{asked} --accepted")[1].startswith("Answer by Wednesday 22 July 2026.")
    late = run("--received 2026-06-10 --country DE --question identity:2026-06-14")[1]
    assert "A question stops no clock: it was asked 4 days after receipt, more than 3 (SUS-3)." in late
    assert "ask again on that day" in run("--received 2026-06-10 --country DE --question identity:2026-06-11")[1]
    assert (
        "stops no clock" not in run("--received 2026-06-10 --country DE --question identity:2026-06-14 --ask-days 4")[1]
    )


def test_a_notice_that_left_too_late_extends_nothing() -> None:
    line = "--received 2026-03-05 --country DE --json --notice"
    assert json.loads(run(f"{line} 2026-04-07")[1])["due"] == "2026-06-05"
    assert json.loads(run(f"{line} 2026-04-08")[1])["due"] == "2026-04-07"


def test_several_receipts_count_from_the_first() -> None:
    found = json.loads(run("--received 2026-03-20 --also 2026-03-05 --country DE --json")[1])
    assert (found["due"], "INT-9" in found["rules"]) == ("2026-04-07", True)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "--received: there is no day"),
        ("--received 2026-06-10", "--country: there is no country"),
        (
            "--received 2026-06-10 --country DE --question passport:2026-06-10",
            "--question: 'passport:2026-06-10' is no",
        ),
        ("--received 2026-06-10 --country DE --question identity", "--question: 'identity' is no question"),
        ("--received 2026-06-10 --country DE --question identity:2026-06-10:2026-06-09", "--question: an answer comes"),
        (
            "--received 2026-06-10 --country DE --question identity:2026-06-10:9999-12-31",
            "--question: holidays are not",
        ),
        ("--received 2026-06-10 --country DE --question identity:1:2:3", "--question"),
        ("--received 2098-12-10 --country DE --question fee:2098-12-10:2099-12-30", "not known after 2099"),
        ("--received 2026-06-10 --country DE --also soon", "--also: there is no day"),
        ("--received 2026-06-10 --country DE --notice soon", "--notice: there is no day"),
        ("--breach soon", "--breach: there is no time 'soon'"),
        ("--breach 2026-11-20T16:20 --zone No/Where", "--zone: there is no time zone"),
        ("--breach 9999-12-31T23:59 --zone Europe/Berlin", "there is no such time"),
        ("--breach 0001-01-01T00:00 --zone Asia/Tokyo", "before 2018-05-25"),
        ("--breach 2017-01-01T00:00", "before 2018-05-25"),
    ],
)
def test_what_is_no_question_or_time_is_exit_2_with_one_line(line: str, says: str) -> None:
    code, out, err = run(line)
    assert (code, out) == (2, "")
    assert says in err
    assert len(err.strip().splitlines()) == 1
