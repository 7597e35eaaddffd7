"""For `httpx`: ``httpx.Client(auth=TokenBrokerAuth(broker, "api:partner"))``."""

from __future__ import annotations

from typing import Any, Generator

import httpx

from .api import BrokerAuth
from .client import AccessToken


class TokenBrokerAuth(BrokerAuth, httpx.Auth):
    """Puts a token on each call. One that the API rejects is reported, and the call repeated once with another."""

    #: The body is read, so that the call can be repeated.
    requires_request_body = True

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.read()
        if not self._api.allows(str(request.url)):
            yield request
            return
        token = self._token()
        response = yield _authorized(request, token)
        if not self._is_rejected(response, token):
            return
        response.read()
        other = self._replacement(token)
        if other is not None:
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
        token = await asyncio.to_thread(self._token)
        response = yield _authorized(request, token)
        if not self._is_rejected(response, token):
            return
        await response.aread()
        other = await asyncio.to_thread(self._replacement, token)
        if other is not None:
            yield _authorized(request, other)


def _authorized(request: httpx.Request, token: AccessToken) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token.access_token}"
    return request
