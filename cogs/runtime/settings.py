"""The settings, read from the environment and `.env`; README.md explains each."""

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from yarl import URL

import comfy
import storage
from cogs.access.policy import AccessPolicy
from cogs.messages.lost_status import OnDelete
from cogs.runtime.client import DISCORD_API
from cogs.runtime.env_file import locate, read_env_file
from cogs.runtime.fleet_values import (
    database_secrets,
    read_blob_url,
    read_database_url,
    read_worker_name,
)
from cogs.runtime.observing.log_format import LogFormat
from cogs.runtime.proxy import environment_proxies, find_proxy, read_proxy
from cogs.runtime.setting_values import (
    NO_LIMIT,
    clean,
    read_address,
    read_addresses,
    read_discord_token,
    read_id,
    read_link,
    read_token,
    read_value,
    read_weight,
    shown,
    split_list,
)
from jobs.power.hooks import MagicPacket, parse_hook, split_hooks
from jobs.power.manager import PowerPlan
from jobs.power.quiet_hours import QuietHours, find_zone, parse_hours
from jobs.requester import QueueShare, SharePolicy

MAX_SECONDS = 1e9
MAX_DAYS = 36500.0

Ids = Annotated[frozenset[int], NoDecode]
Count = Annotated[int | None, Field(ge=1, le=1_000_000)]  # a limit: None where it is turned off
Amount = Annotated[float | None, Field(gt=0, le=MAX_SECONDS)]
Texts = Annotated[tuple[str, ...], NoDecode]
Hooks = Annotated[tuple[SecretStr, ...], NoDecode]


LIMITS = frozenset(
    {
        *("max_queued_per_user", "max_queued_per_guild", "max_running_per_guild", "gpu_seconds_per_user"),
        *("gpu_seconds_per_guild", "cooldown", "longest_run_minutes", "longest_wait_hours"),
        *("strangers_daily_gpu_seconds", "comfyui_free_minutes", "comfyui_sleep_minutes"),
    }
)
"""Settings that `none` or nothing turns off."""
IDS = (
    *("allowed_guilds", "home_guilds", "allowed_channels", "allowed_roles"),
    *("previews_off_guilds", "blocked_users"),
)
HOOKS = ("comfyui_wake", "comfyui_sleep")
LISTS = ("comfyui_url", "blocked_words", "model_order", "quiet_hours")


class CleanedSource(PydanticBaseSettingsSource):
    """The environment and `.env`, without quotation marks and spaces at the ends. Raises EnvFileUnusable."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Nothing for a single field: `__call__` reads all."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """The value of each setting that is there, by the name of its field."""
        found = dict[str, Any]()
        for values in (read_env_file(), os.environ):
            for name, value in values.items():
                field, text = name.lower(), clean(value)
                if field in LIMITS and text.casefold() in NO_LIMIT:
                    found[field] = None
                elif text and field in self.settings_cls.model_fields:
                    found[field] = text
        return found


def usable_folder(path: Path, *, exists: bool) -> Path:
    """The path of a folder, which has to be there if `exists`. Raises ValueError."""
    if path.exists() and not path.is_dir():
        raise ValueError(f"{path} is a file: name a folder")
    if exists and not path.exists():
        raise ValueError(f"there is no folder {path}: make it, or take the setting away")
    return path


class Settings(BaseSettings):
    """All settings; the environment variable is the field's name in capitals.

    Raises ValidationError, EnvFileUnusable.
    """

    model_config = SettingsConfigDict(extra="ignore", validate_default=True)

    discord_token: SecretStr = SecretStr("")
    discord_api_url: str = DISCORD_API
    proxy: SecretStr = SecretStr("")
    comfyui_url: Texts = ("http://127.0.0.1:8188",)
    comfyui_token: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    comfyui_yield_to_others: bool = False
    comfyui_wake: Hooks = ()
    comfyui_sleep: Hooks = ()
    comfyui_sleep_minutes: Amount = 30
    comfyui_free_minutes: Amount = None
    timezone: str = ""
    quiet_hours: Texts = ()
    comfyui_patience: float = Field(default=60, gt=0, le=MAX_SECONDS)
    comfyui_away_minutes: float = Field(default=5, gt=0, le=100_000)
    data_dir: Path = Path("data")
    database_url: SecretStr = SecretStr("")
    database_listen_url: SecretStr = SecretStr("")
    blob_url: str = ""
    aws_access_key_id: SecretStr = SecretStr("")
    aws_secret_access_key: SecretStr = SecretStr("")
    clip_link_days: float = Field(default=0, ge=0, le=7)
    worker_name: str = ""
    workflows_dir: Path | None = None
    allow_partner_nodes: bool = False
    model_order: Texts = ()
    workflow_values: Annotated[Mapping[str, str], NoDecode] = Field(default_factory=dict[str, str])
    log_level: str = "INFO"
    log_format: LogFormat = LogFormat.AUTO
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = Field(default=None, ge=1, le=65_535)
    allowed_guilds: Ids = frozenset()
    home_guilds: Ids = frozenset()
    allowed_channels: Ids = frozenset()
    allowed_roles: Ids = frozenset()
    blocked_users: Ids = frozenset()
    role_weights: Annotated[Mapping[int, float], NoDecode] = Field(default_factory=dict[int, float])
    booster_weight: float = Field(default=2, ge=1, le=4)
    booster_head_start: float = Field(default=120, ge=0, le=600)
    max_queued_per_user: Count = 5
    max_queued_per_guild: Count = None
    max_running_per_guild: Count = None
    gpu_seconds_per_user: Amount = None
    gpu_seconds_per_guild: Amount = None
    strangers_daily_gpu_seconds: Amount = None
    cooldown: Amount = None
    on_delete: OnDelete = OnDelete.DELIVER
    longest_run_minutes: Amount = 45
    longest_wait_hours: Amount = 24
    blocked_words: Texts = ()
    keep_days: float = Field(default=365, gt=0, le=MAX_DAYS)
    keep_pictures_days: float = Field(default=30, gt=0, le=MAX_DAYS)
    keep_clips_days: float = Field(default=7, gt=0, le=MAX_DAYS)
    keep_left_guilds_days: float = Field(default=30, gt=0, le=MAX_DAYS)
    backups: int = Field(default=24, ge=0, le=100_000)
    previews: bool = True
    previews_off_guilds: Ids = frozenset()
    privacy_url: str = ""
    terms_url: str = ""
    model_file: str = comfy.ModelFiles().model
    t5_file: str = comfy.ModelFiles().t5
    vae_file: str = comfy.ModelFiles().vae
    clip_vision_file: str = comfy.ModelFiles().clip_vision
    lora_file: str = comfy.ModelFiles().lora
    attention: str = comfy.ModelFiles().attention

    @field_validator(*LISTS, mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Split a comma-separated list."""
        return split_list(value) if isinstance(value, str) else value

    @field_validator(*HOOKS, mode="before")
    @classmethod
    def _split_hooks(cls, value: object) -> object:
        return split_hooks(value) if isinstance(value, str) else value

    @field_validator(*HOOKS)
    @classmethod
    def _check_hooks(cls, value: tuple[SecretStr, ...], info: ValidationInfo) -> tuple[SecretStr, ...]:
        """Check each hook, and that there are no more than servers."""
        hooks = [parse_hook(each.get_secret_value()) for each in value]
        if info.field_name == "comfyui_sleep" and any(isinstance(each, MagicPacket) for each in hooks):
            raise ValueError("a MAC address only wakes a machine: write an address or a command")
        if len(hooks) > len(info.data.get("comfyui_url", hooks)):
            raise ValueError("there are more of them than servers in COMFYUI_URL: one for each, or none")
        return value

    @field_validator("timezone")
    @classmethod
    def _check_zone(cls, value: str) -> str:
        find_zone(value)
        return value

    @field_validator("quiet_hours")
    @classmethod
    def _check_hours(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            parse_hours(each)
        return value

    @field_validator("discord_token", mode="before")
    @classmethod
    def _clean_token(cls, value: object) -> object:
        return read_discord_token(value) if isinstance(value, str) else value

    @field_validator("comfyui_token", mode="before")
    @classmethod
    def _clean_tokens(cls, value: object) -> object:
        return [read_token(part, "Bearer") for part in split_list(value)] if isinstance(value, str) else value

    @field_validator(*IDS, mode="before")
    @classmethod
    def _read_ids(cls, value: object) -> object:
        return [read_id(part) for part in split_list(value)] if isinstance(value, str) else value

    @field_validator("role_weights", mode="before")
    @classmethod
    def _parse_weights(cls, value: object) -> object:
        """Parse `role:weight, role:weight`, with weights from 1 to 4."""
        return dict(map(read_weight, split_list(value))) if isinstance(value, str) else value

    @field_validator("workflow_values", mode="before")
    @classmethod
    def _parse_values(cls, value: object) -> object:
        """Parse `model.name=value, model.name=value`."""
        return dict(map(read_value, split_list(value))) if isinstance(value, str) else value

    @field_validator("comfyui_url")
    @classmethod
    def _check_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return read_addresses(list(value), "http://127.0.0.1:8188")

    @field_validator("discord_api_url")
    @classmethod
    def _check_api(cls, value: str) -> str:
        return read_address(value, DISCORD_API)

    @field_validator("privacy_url", "terms_url")
    @classmethod
    def _check_document(cls, value: str) -> str:
        """Check a link that people get; empty without one."""
        return read_link(value, "https://example.org/privacy") if value else value

    @field_validator("data_dir")
    @classmethod
    def _locate_data(cls, value: Path) -> Path:
        return usable_folder(locate(value, "animate.db").path, exists=False)

    @field_validator("workflows_dir")
    @classmethod
    def _locate_workflows(cls, value: Path | None) -> Path | None:
        return usable_folder(locate(value).path, exists=True) if value else None

    @field_validator("database_url", "database_listen_url", mode="before")
    @classmethod
    def _check_database(cls, value: object) -> object:
        return read_database_url(value) if isinstance(value, str) and value else value

    @field_validator("blob_url")
    @classmethod
    def _check_blobs(cls, value: str) -> str:
        return read_blob_url(value) if value else value

    @field_validator("worker_name")
    @classmethod
    def _check_name(cls, value: str) -> str:
        return read_worker_name(value) if value else value

    @field_validator("comfyui_token")
    @classmethod
    def _reject_two_credentials(
        cls, value: tuple[SecretStr, ...], info: ValidationInfo
    ) -> tuple[SecretStr, ...]:
        """Reject a password in COMFYUI_URL together with COMFYUI_TOKEN: both would set `Authorization`."""
        if value and any(URL(url).password for url in info.data.get("comfyui_url", ())):
            raise ValueError("leave the password out of COMFYUI_URL, or the token away: a request takes one")
        return value

    @field_validator("proxy", mode="before")
    @classmethod
    def _read_proxy(cls, value: object) -> object:
        return read_proxy(value.strip()) if isinstance(value, str) and value.strip() else value

    @field_validator("log_level")
    @classmethod
    def _check_level(cls, value: str) -> str:
        if value.upper() not in logging.getLevelNamesMapping().keys() - {"NOTSET"}:
            raise ValueError(f"{shown(value)}: must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Use the arguments of the constructor, then the environment, then `.env`."""
        return init_settings, CleanedSource(settings_cls)

    def token_of(self, server: int) -> str | None:
        """The token of the server with that index in COMFYUI_URL; the last token serves all that follow."""
        if not self.comfyui_token:
            return None
        return self.comfyui_token[min(server, len(self.comfyui_token) - 1)].get_secret_value()

    def power_plans(self, names: Sequence[str]) -> Mapping[str, PowerPlan]:
        """What was set for the servers of these names, those of COMFYUI_URL in order."""
        wake, sleep = (
            dict(enumerate(parse_hook(each.get_secret_value()) for each in hooks))
            for hooks in (self.comfyui_wake, self.comfyui_sleep)
        )
        plans = {
            name: PowerPlan(
                wake=wake.get(number),
                sleep=sleep.get(number),
                free_after=self.comfyui_free_minutes and self.comfyui_free_minutes * 60,
                sleep_after=self.comfyui_sleep_minutes and self.comfyui_sleep_minutes * 60,
            )
            for number, name in enumerate(names)
        }
        return {name: plan for name, plan in plans.items() if plan.wake or plan.sleep or plan.free_after}

    def quiet(self) -> QuietHours:
        """The hours in which no job is started."""
        return QuietHours(
            hours=[parse_hours(each) for each in self.quiet_hours], zone=find_zone(self.timezone)
        )

    def secrets(self) -> list[str]:
        """The secrets that no log may contain."""
        proxies = (self.proxy.get_secret_value(), *environment_proxies())
        hooks = [
            each for each in (*self.comfyui_wake, *self.comfyui_sleep) if "://" in each.get_secret_value()
        ]
        tokens = (self.discord_token, *self.comfyui_token, *hooks, self.aws_secret_access_key)
        urls = (*self.comfyui_url, *proxies, *(each.get_secret_value() for each in hooks))
        databases = (self.database_url.get_secret_value(), self.database_listen_url.get_secret_value())
        passwords = [word for url in databases for word in database_secrets(url) if word]
        return [*secrets_of(urls, tokens), *passwords]

    def database(self) -> storage.DatabaseLocation:
        """Where the database is."""
        return storage.DatabaseLocation(
            folder=self.data_dir,
            url=self.database_url.get_secret_value(),
            listen_url=self.database_listen_url.get_secret_value(),
        )

    def clip_link_seconds(self) -> float:
        """How long a link to a clip works: no longer than the clip itself is kept."""
        return min(self.clip_link_days, self.keep_clips_days) * 86400

    def blobs(self) -> storage.BlobLocation:
        """Where pictures and clips are."""
        return storage.BlobLocation(
            folder=self.data_dir,
            url=self.blob_url,
            access_key=self.aws_access_key_id.get_secret_value(),
            secret_key=self.aws_secret_access_key.get_secret_value(),
        )

    def discord_proxy(self) -> str | None:
        """The address of the HTTP proxy through which Discord is reached; None without one."""
        return find_proxy(self.proxy.get_secret_value(), self.discord_api_url)

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
            gpu_seconds_of_strangers=self.strangers_daily_gpu_seconds,
            home_guilds=self.home_guilds,
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
            left_guilds=self.keep_left_guilds_days,
            backups=self.backups,
        )

    def documents(self) -> Mapping[str, str]:
        """The links that `/privacy` shows, by the names of their labels."""
        links = {"button_privacy_policy": self.privacy_url, "button_terms": self.terms_url}
        return {label: url for label, url in links.items() if url}

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


def own_workflows(settings: Settings) -> Path:
    """The folder of the owner's workflows: WORKFLOWS_DIR, else one in DATA_DIR that need not be there."""
    return settings.workflows_dir or settings.data_dir / "workflows"


class AuthorSettings(Settings):
    """The settings for whoever adds a workflow: their folder is made where it is not there yet."""

    @field_validator("workflows_dir")
    @classmethod
    def _locate_workflows(cls, value: Path | None) -> Path | None:
        return usable_folder(locate(value).path, exists=False) if value else None


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
