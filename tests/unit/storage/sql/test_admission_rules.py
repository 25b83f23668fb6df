"""Each rule of admission as a statement of its own."""

import pytest

from storage import Draft, QueueLimits, Store
from storage.sql.admission_rules import ADMISSION_RULES, MATERIAL_RULES, AdmissionRule
from tests.unit.storage.requests import admit, make_request

RULES = (*MATERIAL_RULES, *ADMISSION_RULES)


async def broken(store: Store, rule: AdmissionRule, **values: str | int | None) -> bool:
    """Whether a request with these values breaks the rule."""
    known = {"user_id": 1, "guild_id": 7, "now": 1000.0, "day": 0, "parent": None, "draft": None}
    return bool(await store.database.fetch(rule.broken, {**QueueLimits().parameters(), **known, **values}))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
async def test_a_first_request_breaks_no_rule(store: Store, rule: AdmissionRule) -> None:
    assert not await broken(store, rule)


def test_each_rule_has_a_name_of_its_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


async def test_what_a_job_is_made_of_must_be_there(store: Store) -> None:
    gone, withdrawn, forgotten = MATERIAL_RULES
    parent = (await admit(store, make_request("a"))).job
    await store.save_draft(Draft(id=1, user_id=1, url=""))
    assert not await broken(store, gone, parent=parent.id)
    assert not await broken(store, forgotten, draft=1)
    assert await broken(store, gone, parent="unknown")
    assert await broken(store, forgotten, draft=2)
    await store.database.fetch("UPDATE job SET withdrawn = 1, unwanted = 1", {})
    assert await broken(store, gone, parent=parent.id)
    assert await broken(store, withdrawn, parent=parent.id)
