"""For `requests`: ``session.auth = TokenBrokerAuth(broker, "api:partner")``."""

from __future__ import annotations

from typing import Any, Iterable, Optional

import requests
from requests.auth import AuthBase

from .client import AccessToken, Scopes, TokenBrokerClient


class TokenBrokerAuth(AuthBase):
    """Puts a token on each call. A 401 reports the token, and the call is repeated once with another."""

    def __init__(
        self, broker: TokenBrokerClient, scopes: Scopes = None, *, client: Optional[str] = None, resources: Iterable[str] = ()
    ) -> None:
        self._broker = broker
        self._scopes = scopes if scopes is None or isinstance(scopes, str) else tuple(scopes)
        self._options: Any = {"client": client, "resources": tuple(resources)}

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        token = self._broker.token(self._scopes, **self._options)
        request.headers["Authorization"] = f"Bearer {token.access_token}"
        body = request.body
        start = body.tell() if hasattr(body, "tell") else None

        def on_response(response: requests.Response, **options: Any) -> requests.Response:
            return self._repeated(response, token, start, options)

        request.register_hook("response", on_response)
        return request

    def _repeated(
        self, response: requests.Response, token: AccessToken, start: Optional[int], options: Any
    ) -> requests.Response:
        body = response.request.body
        is_repeatable = body is None or isinstance(body, (bytes, str)) or start is not None
        # After a redirect to another host there is no token on the call, and none is put there.
        sent = response.request.headers.get("Authorization")
        if response.status_code != 401 or not is_repeatable or sent != f"Bearer {token.access_token}":
            return response
        other = self._broker.rejected(token, self._scopes, **self._options)
        response.content
        response.close()
        again = response.request.copy()
        if start is not None:
            again.body.seek(start)  # type: ignore[union-attr]
        again.headers["Authorization"] = f"Bearer {other.access_token}"
        again.hooks["response"] = []
        repeated = response.connection.send(again, **options)  # type: ignore[attr-defined]
        repeated.history.append(response)
        repeated.request = again
        return repeated
