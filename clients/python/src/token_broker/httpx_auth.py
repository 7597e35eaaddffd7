"""For `httpx`: ``httpx.Client(auth=TokenBrokerAuth(broker, "api:partner"))``."""

from __future__ import annotations

from typing import Any, Generator, Iterable, Optional

import httpx

from .client import Scopes, TokenBrokerClient


class TokenBrokerAuth(httpx.Auth):
    """Puts a token on each call. A 401 reports the token, and the call is repeated once with another."""

    #: The body is read, so that the call can be repeated.
    requires_request_body = True

    def __init__(
        self, broker: TokenBrokerClient, scopes: Scopes = None, *, client: Optional[str] = None, resources: Iterable[str] = ()
    ) -> None:
        self._broker = broker
        self._scopes = scopes if scopes is None or isinstance(scopes, str) else tuple(scopes)
        self._options: Any = {"client": client, "resources": tuple(resources)}

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.read()
        token = self._broker.token(self._scopes, **self._options)
        request.headers["Authorization"] = f"Bearer {token.access_token}"
        response = yield request
        if response.status_code == 401:
            response.read()
            other = self._broker.rejected(token, self._scopes, **self._options)
            request.headers["Authorization"] = f"Bearer {other.access_token}"
            yield request

    def async_auth_flow(self, request: httpx.Request) -> Any:
        return self._async_flow(request)

    async def _async_flow(self, request: httpx.Request) -> Any:
        # The broker is asked in a thread: its answer is mostly in memory, and the loop must not wait for the network.
        import asyncio

        await request.aread()
        token = await asyncio.to_thread(self._broker.token, self._scopes, **self._options)
        request.headers["Authorization"] = f"Bearer {token.access_token}"
        response = yield request
        if response.status_code == 401:
            await response.aread()
            other = await asyncio.to_thread(self._broker.rejected, token, self._scopes, **self._options)
            request.headers["Authorization"] = f"Bearer {other.access_token}"
            yield request
