"""What the clients of `requests` and `httpx` share: where a token goes, and what rejects it."""

from __future__ import annotations

import re
from typing import Any, Iterable, Optional, Set
from urllib.parse import urlsplit

from .client import AccessToken, Details, Scopes, TokenBrokerClient, TokenBrokerError

_INVALID_TOKEN = re.compile(r'error="?invalid_token\b', re.IGNORECASE)
_INSUFFICIENT_SCOPE = re.compile(r'error="?insufficient_scope\b', re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}


class Api:
    """The origins that a token may be sent to, and the answers by which they reject it."""

    def __init__(self, origins: Optional[Iterable[str]], rejected_statuses: Iterable[int]) -> None:
        """:param origins: by default that of the first call"""
        self._origins: Optional[Set[str]] = None
        if origins is not None:
            listed = [_origin(one) for one in ([origins] if isinstance(origins, str) else origins)]
            if None in listed:
                raise ValueError("origins must be http or https URLs, without user and password")
            self._origins = {one for one in listed if one is not None}
        self._statuses = set(rejected_statuses)
        if not all(isinstance(one, int) and 400 <= one < 500 for one in self._statuses):
            raise ValueError("rejected_statuses must be statuses from 400 to 499")

    def allows(self, url: str) -> bool:
        """Whether a token may go there: not with other credentials in the URL."""
        origin = _origin(url)
        if origin is None:
            return False
        if self._origins is None:
            self._origins = {origin}
        return origin in self._origins

    def rejects(self, status: int, challenge: Optional[str]) -> bool:
        """What stands in `WWW-Authenticate` counts before the status (RFC 6750 §3.1)."""
        text = challenge or ""
        if not 400 <= status < 500 or _INSUFFICIENT_SCOPE.search(text):
            return False
        return status in self._statuses or _INVALID_TOKEN.search(text) is not None


class BrokerAuth:
    """Whose tokens go to which API: what both `TokenBrokerAuth` are made of."""

    def __init__(
        self,
        broker: TokenBrokerClient,
        scopes: Scopes = None,
        *,
        client: Optional[str] = None,
        resources: Iterable[str] = (),
        authorization_details: Details = (),
        origins: Optional[Iterable[str]] = None,
        rejected_statuses: Iterable[int] = (401,),
    ) -> None:
        self._broker = broker
        self._scopes = scopes if scopes is None or isinstance(scopes, str) else tuple(scopes)
        self._options: Any = {
            "client": client,
            "resources": tuple(resources),
            "authorization_details": tuple(authorization_details),
        }
        self._api = Api(origins, rejected_statuses)

    def _token(self) -> AccessToken:
        return self._broker.token(self._scopes, **self._options)

    def _replacement(self, token: AccessToken) -> Optional[AccessToken]:
        try:
            return self._broker.rejected(token, self._scopes, **self._options)
        except TokenBrokerError:
            return None  # The response of the API says it.

    def _is_rejected(self, response: Any, token: AccessToken) -> bool:
        # After a redirect to another origin there is no token on the call: such an answer does not reject it.
        sent = response.request.headers.get("Authorization") == f"Bearer {token.access_token}"
        return sent and self._api.rejects(response.status_code, response.headers.get("WWW-Authenticate"))


def _origin(url: str) -> Optional[str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None or parts.password is not None:
        return None
    # A trailing dot makes no other host of a name that has further dots (RFC 1034 §3.1).
    host = re.sub(r"(\..*)\.$", r"\1", parts.hostname)
    return f"{parts.scheme}://{host}:{port or _PORTS[parts.scheme]}"
