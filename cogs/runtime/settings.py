"""The settings, read from the environment and `.env`; README.md explains each."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from yarl import URL

import comfy
import storage
from cogs.access.policy import AccessPolicy
from cogs.messages.lost_status import OnDelete
from cogs.runtime.client import DISCORD_API
from jobs.requester import QueueShare, SharePolicy

Ids = Annotated[frozenset[int], NoDecode]
Texts = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """All settings; the environment variable is the field's name in capitals. Raises ValidationError."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    discord_token: SecretStr = SecretStr("")
    discord_api_url: str = DISCORD_API
    comfyui_url: Texts = ("http://127.0.0.1:8188",)
    comfyui_token: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    comfyui_yield_to_others: bool = False
    comfyui_patience: float = Field(default=60, gt=0)
    data_dir: Path = Path("data")
    workflows_dir: Path | None = None
    log_level: str = "INFO"
    allowed_guilds: Ids = frozenset()
    allowed_channels: Ids = frozenset()
    allowed_roles: Ids = frozenset()
    blocked_users: Ids = frozenset()
    role_weights: Annotated[Mapping[int, float], NoDecode] = Field(default_factory=dict[int, float])
    booster_weight: float = Field(default=2, ge=1, le=4)
    booster_head_start: float = Field(default=120, ge=0, le=600)
    max_queued_per_user: int = Field(default=5, ge=1)
    max_queued_per_guild: int | None = Field(default=None, ge=1)
    max_running_per_guild: int | None = Field(default=None, ge=1)
    gpu_seconds_per_user: float | None = Field(default=None, gt=0)
    gpu_seconds_per_guild: float | None = Field(default=None, gt=0)
    cooldown: float | None = Field(default=None, gt=0)
    on_delete: OnDelete = OnDelete.DELIVER
    longest_run_minutes: float = Field(default=45, gt=0)
    longest_wait_hours: float | None = Field(default=24, gt=0)
    blocked_words: Texts = ()
    keep_days: float = Field(default=365, gt=0)
    keep_pictures_days: float = Field(default=30, gt=0)
    keep_clips_days: float = Field(default=7, gt=0)
    backups: int = Field(default=24, ge=0)
    previews: bool = True
    previews_off_guilds: Ids = frozenset()
    model_file: str = comfy.ModelFiles().model
    t5_file: str = comfy.ModelFiles().t5
    vae_file: str = comfy.ModelFiles().vae
    clip_vision_file: str = comfy.ModelFiles().clip_vision
    lora_file: str = comfy.ModelFiles().lora
    attention: str = comfy.ModelFiles().attention

    @field_validator(
        "comfyui_url",
        "comfyui_token",
        "allowed_guilds",
        "allowed_channels",
        "allowed_roles",
        "previews_off_guilds",
        "blocked_users",
        "blocked_words",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        """Split a comma-separated list."""
        return (
            [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        )

    @field_validator("role_weights", mode="before")
    @classmethod
    def _parse_weights(cls, value: object) -> object:
        """Parse `role:weight, role:weight`, with weights from 1 to 4."""
        if not isinstance(value, str):
            return value
        pairs = [part.split(":") for part in value.split(",") if part.strip()]
        weights = {int(role): float(weight) for role, weight in pairs}
        if not all(1 <= weight <= 4 for weight in weights.values()):
            raise ValueError("a weight is from 1 to 4")
        return weights

    @field_validator("comfyui_token")
    @classmethod
    def _reject_two_credentials(
        cls, value: tuple[SecretStr, ...], info: ValidationInfo
    ) -> tuple[SecretStr, ...]:
        """Reject a password in COMFYUI_URL together with COMFYUI_TOKEN: both would set `Authorization`."""
        if value and any(URL(url).password for url in info.data.get("comfyui_url", ())):
            raise ValueError("leave the password out of COMFYUI_URL, or the token away: a request takes one")
        return value

    @field_validator("log_level")
    @classmethod
    def _check_level(cls, value: str) -> str:
        if value.upper() not in logging.getLevelNamesMapping():
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    def token_of(self, server: int) -> str | None:
        """The token of the server with that index in COMFYUI_URL; the last token serves all that follow."""
        if not self.comfyui_token:
            return None
        return self.comfyui_token[min(server, len(self.comfyui_token) - 1)].get_secret_value()

    def secrets(self) -> list[str]:
        """The secrets that no log may contain."""
        return secrets_of(self.comfyui_url, (self.discord_token, *self.comfyui_token))

    def access_policy(self) -> AccessPolicy:
        """The rules about who may use the bot where."""
        return AccessPolicy(
            guilds=self.allowed_guilds,
            channels=self.allowed_channels,
            roles=self.allowed_roles,
            blocked=self.blocked_users,
        )

    def share_policy(self) -> SharePolicy:
        """How much of the GPU roles and boosters get."""
        booster = QueueShare(weight=self.booster_weight, head_start=self.booster_head_start)
        return SharePolicy(roles=self.role_weights, booster=booster)

    def limits(self) -> storage.QueueLimits:
        """The limits of the queue."""
        return storage.QueueLimits(
            queued_per_person=self.max_queued_per_user,
            queued_per_guild=self.max_queued_per_guild,
            running_per_guild=self.max_running_per_guild,
            gpu_seconds_per_person=self.gpu_seconds_per_user,
            gpu_seconds_per_guild=self.gpu_seconds_per_guild,
            cooldown=self.cooldown,
            longest_wait=self.longest_wait_hours and self.longest_wait_hours * 3600,
            blocked_words=storage.BLOCKED_WORDS.union(self.blocked_words),
        )

    def retention(self) -> storage.Retention:
        """For how long rows, pictures, clips and backups are kept."""
        return storage.Retention(
            rows=self.keep_days,
            pictures=self.keep_pictures_days,
            clips=self.keep_clips_days,
            backups=self.backups,
        )

    def model_files(self) -> comfy.ModelFiles:
        """The model files that the workflows load."""
        return comfy.ModelFiles(
            model=self.model_file,
            t5=self.t5_file,
            vae=self.vae_file,
            clip_vision=self.clip_vision_file,
            lora=self.lora_file,
            attention=self.attention,
        )


def secrets_of(urls: Iterable[str], tokens: Iterable[SecretStr]) -> list[str]:
    """What no log may contain: the tokens, and each address's password or, without one, its user."""
    found = [each.get_secret_value() for each in tokens]
    for url in map(URL, urls):
        found += (url.raw_password or url.raw_user or "", url.password or url.user or "")
    return [each for each in found if each]


class DemoSettings(Settings):
    """The demo's settings, which ignore the environment and `.env` of the real bot."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Use only the arguments of the constructor."""
        return (init_settings,)
