"""`rightsdesk law`: which rules of the law are kept, where, and by which test; and why the others are not."""

from typing import Annotated

import typer


def law(
    state: Annotated[str, typer.Option(help="Only rules that are kept, person, outside or missing.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="The page docs/law.md, as it is made.")] = False,
) -> None:
    """Say of every rule whether it is kept, and which test proves it."""
    from services.law.table import KEPT, MISSING, OUTSIDE, PERSON, as_markdown

    states = {"": "", "kept": KEPT, "person": PERSON, "outside": OUTSIDE, "missing": MISSING}
    if state not in states:
        raise typer.BadParameter("one of kept, person, outside, missing", param_hint="--state")
    if markdown:
        typer.echo(as_markdown(), nl=False)
    else:
        typer.echo(_json(states[state]) if as_json else "\n".join(_lines(states[state])))


def _lines(state: str) -> list[str]:
    """A line a rule, and under it the place and the tests, or the reason."""
    from services.law.table import counts, sections

    lines = [", ".join(f"{count} {name}" for name, count in counts().items())]
    for section in sections():
        rules = {id: rule for id, rule in section.rules.items() if state in ("", rule.state)}
        if rules:
            lines += ["", section.section]
        for id, rule in rules.items():
            lines += [f"{id:<12} {rule.title} ({rule.source})", f"{'':<13}{rule.state}: {rule.why}"]
            lines += [f"{'':<13}  {test}" for test in rule.tests]
    return lines


def _json(state: str) -> str:
    import json

    from services.law.table import counts, sections

    rules = {
        id: {
            "section": section.section,
            "title": rule.title,
            "source": rule.source,
            "state": rule.state,
            "why": rule.why,
            "tests": list(rule.tests),
        }
        for section in sections()
        for id, rule in section.rules.items()
        if state in ("", rule.state)
    }
    return json.dumps({"counts": counts(), "rules": rules}, indent=2, ensure_ascii=False)
