"""For `httpx`: ``httpx.Client(auth=TokenBrokerAuth(broker, "api:partner"))``."""

from __future__ import annotations

from typing import Any, Generator, Iterable, Optional

import httpx

from .api import Api
from .client import AccessToken, Details, Scopes, TokenBrokerClient, TokenBrokerError


class TokenBrokerAuth(httpx.Auth):
    """Puts a token on each call. One that the API rejects is reported, and the call repeated once with another."""

    #: The body is read, so that the call can be repeated.
    requires_request_body = True

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

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.read()
        if not self._api.allows(str(request.url)):
            yield request
            return
        token = self._broker.token(self._scopes, **self._options)
        response = yield _authorized(request, token)
        if not self._is_rejected(response, token):
            return
        response.read()
        try:
            other = self._broker.rejected(token, self._scopes, **self._options)
        except TokenBrokerError:
            return  # The response of the API says it.
        yield _authorized(request, other)

    def async_auth_flow(self, request: httpx.Request) -> Any:
        return self._async_flow(request)

    async def _async_flow(self, request: httpx.Request) -> Any:
        # The broker is asked in a thread: its answer is mostly in memory, and the loop must not wait for the network.
        import asyncio

        await request.aread()
        if not self._api.allows(str(request.url)):
            yield request
            return
        token = await asyncio.to_thread(self._broker.token, self._scopes, **self._options)
        response = yield _authorized(request, token)
        if not self._is_rejected(response, token):
            return
        await response.aread()
        try:
            other = await asyncio.to_thread(self._broker.rejected, token, self._scopes, **self._options)
        except TokenBrokerError:
            return
        yield _authorized(request, other)

    def _is_rejected(self, response: httpx.Response, token: AccessToken) -> bool:
        # After a redirect to another origin there is no token on the call: such an answer does not reject it.
        sent = response.request.headers.get("Authorization") == f"Bearer {token.access_token}"
        return sent and self._api.rejects(response.status_code, response.headers.get("WWW-Authenticate"))


def _authorized(request: httpx.Request, token: AccessToken) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token.access_token}"
    return request
