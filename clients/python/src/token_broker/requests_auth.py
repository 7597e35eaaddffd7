"""For `requests`: ``session.auth = TokenBrokerAuth(broker, "api:partner")``."""

from __future__ import annotations

from typing import Any, Iterable, Optional

import requests
from requests.auth import AuthBase

from .api import Api
from .client import AccessToken, Details, Scopes, TokenBrokerClient, TokenBrokerError


class TokenBrokerAuth(AuthBase):
    """Puts a token on each call. One that the API rejects is reported, and the call repeated once with another."""

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

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if not self._api.allows(str(request.url)):
            return request
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
        challenge = response.headers.get("WWW-Authenticate")
        if sent != f"Bearer {token.access_token}" or not self._api.rejects(response.status_code, challenge):
            return response
        try:
            other = self._broker.rejected(token, self._scopes, **self._options)
        except TokenBrokerError:
            return response  # The response of the API says it.
        if not is_repeatable:
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
