"""The plan that an erasure job carries out, and the key of its masks."""

import hashlib
import hmac
from typing import Any

import orjson

from services.fulfilment.engine import JobFailed
from services.fulfilment.legal_holds import digests
from services.fulfilment.plan import Plan
from services.fulfilment.steps import Task


def the_plan(task: Task) -> tuple[Plan, str]:
    """The approved plan and its id; raises `JobFailed` when it is gone or another."""
    case = task.case()
    wanted = orjson.loads(task.job.params)["digest"]
    for text in task.room.details.own(case.id, "plan").values():
        plan = Plan.from_json(text)
        if plan.digest == wanted:
            return plan, task.item(case).plan
    raise JobFailed("plan-gone")


def sealed_before(task: Task) -> dict[str, Any]:
    """What was sealed as the erasure began: where its letter goes, digests of all that named the person."""
    for text in task.room.details.own(task.job.case, "contact").values():
        raw: dict[str, Any] = orjson.loads(text)
        if raw["job"] == task.job.id:
            return raw
    return {}


def known_by(task: Task, plan: Plan) -> list[str]:
    """Keyed digests of all that named the person when the erasure began."""
    given = digests(task.room, plan.controller, dict(plan.identities))
    return [*given, *sealed_before(task).get("met", [])]


def mask_secret(task: Task) -> bytes:
    """The key of keyed masks: the same for every repeat of this erasure, and for no other."""
    return hmac.new(task.room.lookup_key, f"mask\0{task.job.id}".encode(), hashlib.sha256).digest()
