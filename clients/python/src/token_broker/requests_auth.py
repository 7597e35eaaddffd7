"""For `requests`: ``session.auth = TokenBrokerAuth(broker, "api:partner")``."""

from __future__ import annotations

from typing import Any, Optional

import requests
from requests.auth import AuthBase

from .api import BrokerAuth
from .client import AccessToken


class TokenBrokerAuth(BrokerAuth, AuthBase):
    """Puts a token on each call. One that the API rejects is reported, and the call repeated once with another."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if not self._api.allows(str(request.url)):
            return request
        token = self._token()
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
        if not self._is_rejected(response, token):
            return response
        other = self._replacement(token)
        body = response.request.body
        is_repeatable = body is None or isinstance(body, (bytes, str)) or start is not None
        if other is None or not is_repeatable:
            return response
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
