"""Runs a command line on the database of a bot that runs in this process."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.main import parse_arguments
from cli.operate.operation import operate
from cogs.runtime.settings import DemoSettings
from storage import AuditEntry, open_store_beside


@dataclass(frozen=True)
class Commands:
    """Commands on the database in `folder`, with these settings."""

    folder: Path
    output: pytest.CaptureFixture[str]
    settings: dict[str, object]

    async def run(self, *arguments: str) -> str:
        """What a command says. Raises what the command line makes a sentence and an exit code of."""
        self.output.readouterr()
        settings = DemoSettings(data_dir=self.folder, **self.settings)
        assert await operate(parse_arguments(arguments), settings) == 0
        return self.output.readouterr().out

    async def facts(self, *arguments: str) -> Any:
        """The JSON object that a command prints."""
        return json.loads(await self.run(*arguments, "--json"))

    async def audit(self) -> list[AuditEntry]:
        """What was recorded, the newest first."""
        async with open_store_beside(self.folder) as store:
            return list(await store.audit(since=0))
