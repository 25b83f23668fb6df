"""Values of the settings for several machines: addresses of database and blob store, a worker's name."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from yarl import URL

DATABASE_EXAMPLE = "postgresql://animate:PASSWORD@db.example.org/animate"
BLOB_EXAMPLES = "file:///srv/animate or s3://bucket/prefix?endpoint=https://s3.example.org"
MAX_NAME = 60  # characters
BLOB_OPTIONS = frozenset({"endpoint", "region"})
_HOST = r"(?:\[[^]]*\]|[^:,\[\]/]*)(?::\d{1,5})?"
_HOSTS = rf"{_HOST}(?:,{_HOST})*"  # several are tried in their order, as after a failover


def read_database_url(text: str) -> str:
    """The address of a PostgreSQL database, as libpq reads it. Raises ValueError, without the password."""
    scheme, _, rest = text.partition("://")
    if scheme.lower() not in ("postgresql", "postgres"):
        raise ValueError(f"it has to begin with postgresql://, such as {DATABASE_EXAMPLE}")
    if not _names_a_database(f"postgresql://{rest}"):
        raise ValueError(
            f"it names no database: write one such as {DATABASE_EXAMPLE}; "
            "in a password write @ as %40, / as %2F, # as %23, % as %25"
        )
    return f"postgresql://{rest}"


def _names_a_database(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # which may quote the password
        return False
    hosts = parts.netloc.rpartition("@")[2]
    return bool(re.fullmatch("/[^/@]+", parts.path) and re.fullmatch(_HOSTS, hosts))


def database_secrets(url: str) -> Iterator[str]:
    """The passwords in the address of a database, as they stand there and as they are meant."""
    parts = urlsplit(url)
    raw = parts.netloc.rpartition("@")[0].partition(":")[2]
    yield from (raw, unquote(raw))
    yield from (value for name, value in parse_qsl(parts.query) if "password" in name)


def read_blob_url(text: str) -> str:
    """The address of a folder or of an S3 bucket. Raises ValueError."""
    try:
        url = URL(text)
    except ValueError:
        url = URL()
    match url.scheme:
        case "file" if url.path.startswith("/") and not url.host:
            return text
        case "s3" if url.host and not url.user and not url.query.keys() - BLOB_OPTIONS:
            return text
        case "s3" if url.user:
            raise ValueError("leave the keys out: they go into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        case _:
            raise ValueError(f"write one such as {BLOB_EXAMPLES}")


def read_worker_name(text: str) -> str:
    """The name of a process in logs, `fleet` and `drain`. Raises ValueError."""
    if not re.fullmatch(rf"[\w.-]{{1,{MAX_NAME}}}", text):
        raise ValueError(f"letters, digits, dots, - and _ only, at most {MAX_NAME} of them")
    return text
