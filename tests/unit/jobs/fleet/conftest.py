"""The fixtures of the tests of jobs/."""

from tests.unit.jobs.conftest import _poll_often, server, setup

__all__ = ["_poll_often", "server", "setup"]
