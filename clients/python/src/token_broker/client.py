"""One client for each process is enough. It is safe for threads, and needs the standard library only."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future, TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Mapping, Optional, Tuple, Union
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

Credential = Union[str, Path, Callable[[], str]]
Scopes = Union[str, Iterable[str], None]
#: Authorization details (RFC 9396).
Details = Iterable[Mapping[str, Any]]
Key = Tuple[Optional[str], Optional[str], Tuple[str, ...], Optional[str]]
#: Status, fields, and the seconds of Retry-After.
Answer = Tuple[int, Mapping[str, Any], float]

_MAX_BYTES = 1024 * 1024
#: Seconds: whatever Retry-After says.
_LONGEST_WAIT = 60.0


@dataclass(frozen=True)
class AccessToken:
    """A token. Its value is in ``access_token`` only: it is not printed."""

    access_token: str = field(repr=False)
    scope: str
    #: By ``time.monotonic()``.
    expires_at: float
    refresh_at: float

    def __str__(self) -> str:
        return "[redacted]"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.access_token.encode()).hexdigest()


class TokenBrokerError(Exception):
    """The broker has no token. ``code`` is its own, or ``unreachable``, ``timeout``, ``malformed`` or ``credential_unavailable``."""

    def __init__(self, code: str, description: str, status: Optional[int] = None, retry_after: float = 0) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.status = status
        self.retry_after = retry_after

    @property
    def is_transient(self) -> bool:
        """Whether the same request may succeed in a while."""
        return self.status is None or self.status == 429 or self.status >= 500


class _Entry:
    """The token of one set of parameters; the lock lets one caller at a time request another."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.token: Optional[AccessToken] = None
        self.retry_at = 0.0
        self.refreshing = False
        #: The token that was reported in vain, until when it is not reported again, and why.
        self.unreplaced: Optional[Tuple[str, float, TokenBrokerError]] = None


class TokenBrokerClient:
    """Requests tokens from a token broker, and caches them."""

    def __init__(
        self,
        url: str,
        credential: Credential,
        *,
        timeout: float = 15.0,
        max_tokens: int = 1000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        :param url: of the broker, such as ``http://token-broker:8080``
        :param credential: an API key, a Path that is read anew for each request, or a function
        :param timeout: seconds in all for one request to the broker, from the look-up of its name to the last byte
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise ValueError("url must be the http or https URL of a token broker, without user and password")
        self._url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self._credential = credential
        self._timeout = timeout
        self._max_tokens = max_tokens
        self._clock = clock
        self._opener = build_opener(_NoRedirect)
        self._entries: "OrderedDict[Key, _Entry]" = OrderedDict()
        self._lock = threading.Lock()

    def token(
        self,
        scopes: Scopes = None,
        *,
        client: Optional[str] = None,
        resources: Iterable[str] = (),
        authorization_details: Details = (),
    ) -> AccessToken:
        """
        A token, from memory while it is valid. It is refreshed in the background; of many callers one asks the broker.

        :raises TokenBrokerError: when there is no valid token
        """
        key = _key(scopes, client, resources, authorization_details)
        entry = self._entry(key)
        token, now = entry.token, self._clock()
        if token is not None and now < token.expires_at:
            if now >= token.refresh_at and now >= entry.retry_at:
                self._refresh_in_background(key, entry)
            return token
        with entry.lock:
            # Another caller may have got one meanwhile.
            if entry.token is not None and self._clock() < entry.token.expires_at:
                return entry.token
            return self._requested(key, entry)

    def rejected(
        self,
        token: AccessToken,
        scopes: Scopes = None,
        *,
        client: Optional[str] = None,
        resources: Iterable[str] = (),
        authorization_details: Details = (),
    ) -> AccessToken:
        """
        "An API answered 401 to this token." Another token, which is requested once, however many report.

        :raises TokenBrokerError: ``slow_down`` when the token is only seconds old
        """
        key = _key(scopes, client, resources, authorization_details)
        entry = self._entry(key)
        with entry.lock:
            newer = entry.token
            if newer is not None and newer.access_token != token.access_token and self._clock() < newer.expires_at:
                return newer
            if entry.unreplaced is not None and entry.unreplaced[0] == token.sha256:
                _, until, error = entry.unreplaced
                if self._clock() < until:
                    raise error
            try:
                return self._requested(key, entry, rejected=token)
            except TokenBrokerError as error:
                until = self._clock() + min(max(error.retry_after, 1.0), _LONGEST_WAIT)
                entry.unreplaced = (token.sha256, until, error)
                raise

    def _entry(self, key: Key) -> _Entry:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                entry = self._entries[key] = _Entry()
                if len(self._entries) > self._max_tokens:
                    self._entries.popitem(last=False)
            self._entries.move_to_end(key)
            return entry

    def _refresh_in_background(self, key: Key, entry: _Entry) -> None:
        with self._lock:
            if entry.refreshing:
                return
            entry.refreshing = True

        def refresh() -> None:
            try:
                with entry.lock:
                    self._requested(key, entry)
            except TokenBrokerError:
                pass  # The former token is still valid; a call after the pause tries again.
            finally:
                entry.refreshing = False

        threading.Thread(target=refresh, name="token-broker-refresh", daemon=True).start()

    def _requested(self, key: Key, entry: _Entry, rejected: Optional[AccessToken] = None) -> AccessToken:
        is_without = entry.token is None or self._clock() >= entry.token.expires_at
        if rejected is None and self._clock() < entry.retry_at and is_without:
            raise TokenBrokerError("temporarily_unavailable", "the broker asked to wait", 503, entry.retry_at - self._clock())
        try:
            entry.token = self._request(key, rejected)
            entry.retry_at = 0.0
            return entry.token
        except TokenBrokerError as error:
            wait = min(max(error.retry_after, 1.0), _LONGEST_WAIT) if error.is_transient else 0.0
            entry.retry_at = self._clock() + wait
            raise

    def _request(self, key: Key, rejected: Optional[AccessToken]) -> AccessToken:
        client, scopes, resources, details = key
        headers = {"Authorization": f"Bearer {self._credential_text()}", "Accept": "application/json"}
        if rejected is None:
            pairs = [("client", client), ("scopes", scopes)] + [("resource", one) for one in resources]
            pairs.append(("authorization_details", details))
            query = urlencode([(name, value) for name, value in pairs if value is not None])
            request = Request(f"{self._url}/token{'?' + query if query else ''}", headers=headers)
        else:
            body: Dict[str, Any] = {"access_token_sha256": rejected.sha256}
            if client is not None:
                body["client"] = client
            if scopes is not None:
                body["scopes"] = scopes
            if resources:
                body["resource"] = list(resources)
            if details is not None:
                body["authorization_details"] = details
            headers["Content-Type"] = "application/json"
            request = Request(f"{self._url}/token/rejected", json.dumps(body).encode(), headers, method="POST")
        asked_at = self._clock()
        status, answer, retry_after = self._exchanged_in_time(request)
        value = answer.get("access_token")
        lifetime = answer.get("expires_in")
        if status == 200 and isinstance(value, str) and isinstance(lifetime, (int, float)):
            refresh_in = answer.get("refresh_in", lifetime)
            return AccessToken(value, str(answer.get("scope", "")), asked_at + lifetime, asked_at + float(refresh_in))
        code = answer.get("error")
        if status == 200 or not isinstance(code, str):
            raise TokenBrokerError("malformed", f"HTTP {status} is no response of a token broker", status)
        raise TokenBrokerError(code, str(answer.get("error_description", "")), status, retry_after)

    def _exchanged_in_time(self, request: Request) -> Answer:
        """In a thread: the timeout of a socket bounds neither the look-up of a name, nor several addresses, nor a slow body."""
        outcome: "Future[Answer]" = Future()

        def exchange() -> None:
            try:
                outcome.set_result(self._exchanged(request))
            except BaseException as error:
                outcome.set_exception(error)

        threading.Thread(target=exchange, name="token-broker-request", daemon=True).start()
        try:
            return outcome.result(self._timeout)
        except FutureTimeoutError:
            raise TokenBrokerError("timeout", "the token broker did not respond in time") from None

    def _exchanged(self, request: Request) -> Answer:
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return response.status, _fields(response.read(_MAX_BYTES)), 0.0
        except HTTPError as error:
            with error:
                retry_after = error.headers.get("Retry-After", "")
                seconds = float(retry_after) if retry_after.isdigit() else 0.0
                return error.code, _fields(error.read(_MAX_BYTES)), seconds
        except (URLError, OSError, ValueError, HTTPException) as error:
            # Not its text: it may repeat a header.
            reason = getattr(error, "reason", error)
            raise TokenBrokerError("unreachable", f"the broker cannot be reached ({type(reason).__name__})") from None

    def _credential_text(self) -> str:
        if isinstance(self._credential, Path):
            try:
                text = self._credential.read_text()
            except OSError as error:
                reason = f"the file of the credential cannot be read ({type(error).__name__})"
                raise TokenBrokerError("credential_unavailable", reason) from None
        else:
            text = self._credential() if callable(self._credential) else self._credential
        text = text.strip()
        if not text or any(not 0x21 <= ord(one) <= 0x7E for one in text):
            raise ValueError("the credential must be one line of visible ASCII")
        return text


class _NoRedirect(HTTPRedirectHandler):
    """The credential goes to the broker, and nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _key(scopes: Scopes, client: Optional[str], resources: Iterable[str], details: Details) -> Key:
    if scopes is not None:
        words = scopes.split() if isinstance(scopes, str) else list(scopes)
        if not words:
            raise ValueError("scopes must name a scope; None means all that are allowed")
        scopes = " ".join(sorted(set(words)))
    # Order and duplicates mean nothing.
    canonical = sorted({json.dumps(one, sort_keys=True, separators=(",", ":")) for one in details})
    return client, scopes, tuple(sorted(set(resources))), f"[{','.join(canonical)}]" if canonical else None


def _fields(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
