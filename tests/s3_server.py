"""An S3 server on loopback (moto), in a thread of this process, that can be told to misbehave."""

import functools
import itertools
import sys
import threading
import types
import urllib.request
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from storage.blobs.s3 import Bucket, Keys, S3BlobStore, Timeouts

ACCESS, SECRET = "AKIAOFTHETESTS", "a-secret-of-the-tests"
KEYS = Keys(access=ACCESS, secret=SECRET)
QUICK = Timeouts(connect=1, silence=0.5, request=2, transfer=3, tries=2)
REFUSED = b"<Error><Code>InvalidAccessKeyId</Code><Message>not known</Message></Error>"

Environment = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environment, StartResponse], Iterable[bytes]]
Fault = Callable[[Application, Environment, StartResponse], Iterable[bytes]]


class S3Server:
    """The server at `endpoint`; `fault` answers instead of it where there is one, `requests` were counted."""

    def __init__(self) -> None:
        sys.modules.setdefault("flask_cors", _without_cors())  # moto needs it for browsers only
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import WSGIRequestHandler, make_server

        class Handler(WSGIRequestHandler):
            protocol_version = "HTTP/1.1"

            def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
                """Say nothing."""

        self._application = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=Handler)
        self._numbers = itertools.count(1)
        self.fault: Fault | None = None
        self.requests = list[str]()
        threading.Thread(target=self._server.serve_forever, name="S3", daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def bucket(self, prefix: str = "of/the/bot") -> Bucket:
        """A new one."""
        self.fault = None
        name = f"bucket-{next(self._numbers)}"
        request = urllib.request.Request(f"{self.endpoint}/{name}", method="PUT", data=b"")  # noqa: S310
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - our own server
        self.requests.clear()
        return Bucket(name=name, prefix=prefix, endpoint=self.endpoint)

    def store(self) -> S3BlobStore:
        """A store in a new bucket."""
        return S3BlobStore(self.bucket(), KEYS, QUICK)

    def _answer(self, environment: Environment, start: StartResponse) -> Iterable[bytes]:
        self.requests.append(f"{environment['REQUEST_METHOD']} {environment['PATH_INFO']}")
        signed = environment.get("HTTP_AUTHORIZATION", "")
        if signed and f"Credential={ACCESS}/" not in signed:
            return answer(start, "403 Forbidden", REFUSED)
        if self.fault:
            return self.fault(self._application, environment, start)
        return self._application(environment, start)


@functools.cache
def s3_server() -> S3Server:
    """The one of this process, started when it is needed first."""
    return S3Server()


def answer(start: StartResponse, status: str, body: bytes) -> Iterable[bytes]:
    """An answer of these bytes."""
    start(status, [("Content-Length", str(len(body))), ("Content-Type", "application/xml")])
    return [body]


def fails(application: Application, environment: Environment, start: StartResponse) -> Iterable[bytes]:
    """Every request fails inside the server."""
    return answer(start, "500 Internal Server Error", b"<Error><Code>InternalError</Code></Error>")


def fails_once() -> Fault:
    """The first request fails, the others do not."""
    left = [1]

    def fault(application: Application, environment: Environment, start: StartResponse) -> Iterable[bytes]:
        if left:
            left.clear()
            return fails(application, environment, start)
        return application(environment, start)

    return fault


def silent_until(released: threading.Event) -> Fault:
    """No request is answered until then."""

    def fault(application: Application, environment: Environment, start: StartResponse) -> Iterable[bytes]:
        released.wait(10)
        return application(environment, start)

    return fault


def cut(application: Application, environment: Environment, start: StartResponse) -> Iterable[bytes]:
    """Of each object half comes, and then the connection ends."""
    body = b"".join(application(environment, start))
    return _half(body) if environment["REQUEST_METHOD"] == "GET" else [body]


def _half(body: bytes) -> Iterator[bytes]:
    yield body[: len(body) // 2]
    raise ConnectionAbortedError


def _without_cors() -> types.ModuleType:
    module = types.ModuleType("flask_cors")
    module.CORS = lambda application, **options: application  # type: ignore[attr-defined]
    return module
