"""The server's queue: positions in the order in which prompts run, and whose they are."""

import pytest

from comfy import BadAnswer, Pending, Running
from comfy.protocol.queue import OWNER, parse_owned, parse_queue
from tests.unit.comfy import recorded_responses as recorded

UNKNOWN = "00000000-0000-0000-0000-000000000000"


def test_the_position_counts_who_runs_and_follows_the_numbers():
    queue = next(recorded.answers("13_queue_order", "/queue"))["body"]
    order = [entry[1] for entry in sorted(queue["queue_pending"], key=lambda entry: entry[0])]

    parsed = parse_queue(queue)

    assert [entry[1] for entry in queue["queue_pending"]] != order
    assert parsed.find(queue["queue_running"][0][1]) == Running()
    # One id stands there twice: its first place counts.
    positions = [parsed.find(prompt_id) for prompt_id in order]
    assert positions == [Pending(ahead=1 + order.index(prompt_id)) for prompt_id in order]
    assert parsed.find(UNKNOWN) is None


def test_prompts_are_ours_by_their_extra_data():
    queue = parse_queue(
        {
            "queue_running": [[1, "a", {}, {OWNER: "us"}]],
            "queue_pending": [[3, "b", {}, {OWNER: "them"}], [2, "c", {}, {}], [4, "d"]],
        }
    )

    assert queue.others("us") == 3
    assert [entry.prompt_id for entry in queue.waiting] == ["c", "b", "d"]
    assert queue.find("a") == Running()


@pytest.mark.parametrize("answer", [None, {}, {"queue_running": [[1]], "queue_pending": []}])
def test_a_queue_of_another_shape_is_a_bad_answer(answer: object):
    with pytest.raises(BadAnswer):
        parse_queue(answer)


def test_only_the_owners_prompts_of_the_history_are_its_own():
    ours, theirs = {"animate": "me"}, {"animate": "another"}
    history = {
        "1": {"prompt": [0, "1", {}, ours, ["54"]]},
        "2": {"prompt": [1, "2", {}, theirs, ["54"]]},
        "3": {"prompt": [2, "3", {}, {}, []]},
        "4": {"prompt": [3]},
        "5": {"prompt": None},
        "6": "odd",
    }

    assert parse_owned(history, "me") == ("1",)
    assert parse_owned({}, "me") == ()
