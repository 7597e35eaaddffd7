"""Run by `python3 -m unittest discover clients/python/tests`, with clients/python/src on PYTHONPATH."""

from __future__ import annotations

import json
import socket
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple
from urllib.parse import parse_qs, urlsplit

import requests

from token_broker.api import Api
from token_broker import TokenBrokerClient, TokenBrokerError
from token_broker.requests_auth import TokenBrokerAuth

Answer = Tuple[int, Dict[str, str], Any]


class Server:
    """Answers by a function, and keeps what was asked."""

    def __init__(self, answer: Callable[["Server", BaseHTTPRequestHandler, bytes], Answer]) -> None:
        self.asked: List[Tuple[str, str, bytes]] = []
        self.credentials: List[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                outer.asked.append((self.command, self.path, body))
                outer.credentials.append(self.headers.get("Authorization", ""))
                status, headers, value = answer(outer, self, body)
                text = json.dumps(value).encode()
                self.send_response(status)
                for name, header in {**headers, "Content-Length": str(len(text))}.items():
                    self.send_header(name, header)
                self.end_headers()
                self.wfile.write(text)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


def numbered(server: Server, *_: Any) -> Answer:
    """Each request gets another token."""
    number = len(server.asked)
    return 200, {}, {"access_token": f"token-{number}", "scope": "a", "expires_in": 100, "refresh_in": 50}


class ClientTest(unittest.TestCase):
    def setUp(self) -> None:
        self.now = 0.0

    def server(self, answer: Callable[..., Answer]) -> Server:
        server = Server(answer)
        self.addCleanup(server.close)
        return server

    def client(self, server: Server, credential: Any = "not-a-real-key", **options: Any) -> TokenBrokerClient:
        return TokenBrokerClient(server.url, credential, clock=lambda: self.now, **options)

    def test_keeps_a_token_until_it_expires(self) -> None:
        server = self.server(numbered)
        client = self.client(server)
        self.assertEqual(client.token("b a").access_token, "token-1")
        self.assertEqual(client.token(["a", "b"]).access_token, "token-1")
        self.assertEqual(server.asked[0][:2], ("GET", "/token?scopes=a+b"))
        self.assertEqual(server.credentials, ["Bearer not-a-real-key"])
        self.now = 100.0
        self.assertEqual(client.token("a b").access_token, "token-2")

    def test_distinguishes_client_scopes_and_resources(self) -> None:
        server = self.server(numbered)
        client = self.client(server)
        client.token()
        client.token("a", client="x", resources=["https://api.example"])
        self.assertEqual(
            [path for _, path, _ in server.asked],
            ["/token", "/token?client=x&scopes=a&resource=https%3A%2F%2Fapi.example"],
        )

    def test_refreshes_in_the_background_once_and_serves_the_old_token_meanwhile(self) -> None:
        go_on, refreshed = threading.Event(), threading.Event()

        def answer(server: Server, *rest: Any) -> Answer:
            made = numbered(server)
            if len(server.asked) > 1:
                go_on.wait(10)
                refreshed.set()
            return made

        server = self.server(answer)
        client = self.client(server)
        client.token("a")
        self.now = 60.0
        self.assertEqual({client.token("a").access_token for _ in range(20)}, {"token-1"})
        go_on.set()
        self.assertTrue(refreshed.wait(10))
        for thread in threading.enumerate():
            if thread.name == "token-broker-refresh":
                thread.join(10)
        self.assertEqual(client.token("a").access_token, "token-2")
        self.assertEqual(len(server.asked), 2)

    def test_many_threads_cause_one_request(self) -> None:
        server = self.server(numbered)
        client = self.client(server)
        barrier, seen = threading.Barrier(20), []

        def ask() -> None:
            barrier.wait(10)
            seen.append(client.token("a").access_token)

        threads = [threading.Thread(target=ask) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        self.assertEqual(seen, ["token-1"] * 20)
        self.assertEqual(len(server.asked), 1)

    def test_reports_a_rejected_token_by_its_hash_once(self) -> None:
        server = self.server(numbered)
        client = self.client(server)
        old = client.token("a")
        self.assertEqual(client.rejected(old, "a").access_token, "token-2")
        self.assertEqual(client.rejected(old, "a").access_token, "token-2")
        self.assertEqual(client.token("a").access_token, "token-2")
        self.assertEqual(len(server.asked), 2)
        method, path, body = server.asked[1]
        self.assertEqual((method, path), ("POST", "/token/rejected"))
        self.assertEqual(json.loads(body), {"access_token_sha256": old.sha256, "scopes": "a"})

    def test_raises_what_the_broker_answers(self) -> None:
        refusal = {"error": "access_denied", "error_description": "orders may not have the scope b"}
        client = self.client(self.server(lambda *_: (403, {}, refusal)))
        with self.assertRaises(TokenBrokerError) as caught:
            client.token("b")
        self.assertEqual((caught.exception.code, caught.exception.is_transient), ("access_denied", False))
        self.assertIn("may not have the scope b", str(caught.exception))

    def test_waits_as_long_as_the_broker_says(self) -> None:
        busy = {"error": "temporarily_unavailable", "error_description": "later"}
        server = self.server(lambda *_: (503, {"Retry-After": "30"}, busy))
        client = self.client(server)
        for _ in range(3):
            with self.assertRaises(TokenBrokerError) as caught:
                client.token("a")
            self.assertTrue(caught.exception.is_transient)
        self.assertEqual(len(server.asked), 1)
        self.now = 30.0
        with self.assertRaises(TokenBrokerError):
            client.token("a")
        self.assertEqual(len(server.asked), 2)

    def test_serves_a_valid_token_while_the_broker_is_down(self) -> None:
        server = Server(numbered)
        client = self.client(server)
        client.token("a")
        server.close()
        self.now = 60.0
        self.assertEqual(client.token("a").access_token, "token-1")
        self.now = 100.0
        with self.assertRaises(TokenBrokerError) as caught:
            client.token("a")
        self.assertIn(caught.exception.code, ("unreachable", "temporarily_unavailable"))

    def test_follows_no_redirect_and_takes_nothing_else_for_a_token(self) -> None:
        elsewhere = self.server(numbered)
        for answer in [
            (302, {"Location": elsewhere.url}, {}),
            (200, {}, []),
            (200, {}, {"access_token": 1, "expires_in": 60}),
            (502, {}, "a page"),
        ]:
            with self.assertRaises(TokenBrokerError) as caught:
                self.client(self.server(lambda *_, made=answer: made)).token("a")
            self.assertEqual(caught.exception.code, "malformed")
        self.assertEqual(elsewhere.asked, [])

    def test_reads_the_credential_anew_and_prints_no_token(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "key")
            path.write_text("first\n")
            server = self.server(numbered)
            client = self.client(server, path)
            token = client.token("a")
            path.write_text("second\n")
            client.rejected(token, "a")
            self.assertEqual(server.credentials, ["Bearer first", "Bearer second"])
            self.assertNotIn("token-1", f"{token} {token!r}")

    def test_asks_for_authorization_details_in_one_form(self) -> None:
        server = self.server(numbered)
        client = self.client(server)
        one, other = {"type": "payment", "actions": ["list"]}, {"actions": ["read"], "type": "account"}
        token = client.token("a", authorization_details=[one, other])
        again = client.token("a", authorization_details=[dict(reversed(list(other.items()))), one, one])
        self.assertEqual(again.access_token, token.access_token)
        text = '[{"actions":["list"],"type":"payment"},{"actions":["read"],"type":"account"}]'
        query = parse_qs(urlsplit(server.asked[0][1]).query)
        self.assertEqual(query["authorization_details"], [text])
        client.rejected(token, "a", authorization_details=[other, one])
        self.assertEqual(json.loads(server.asked[1][2])["authorization_details"], text)

    def test_reports_a_token_once_when_the_broker_replaces_none(self) -> None:
        young = {"error": "slow_down", "error_description": "too young"}

        def answer(server: Server, handler: BaseHTTPRequestHandler, _: bytes) -> Answer:
            return numbered(server) if handler.command == "GET" else (429, {"Retry-After": "5"}, young)

        server = self.server(answer)
        client = self.client(server)
        token = client.token("a")
        for _ in range(20):
            with self.assertRaises(TokenBrokerError) as caught:
                client.rejected(token, "a")
            self.assertEqual(caught.exception.code, "slow_down")
        self.assertEqual(len(server.asked), 2)
        self.now = 5.0
        with self.assertRaises(TokenBrokerError):
            client.rejected(token, "a")
        self.assertEqual(len(server.asked), 3)

    def test_does_not_ask_in_turn_when_the_token_has_expired_and_the_broker_is_down(self) -> None:
        busy = {"error": "temporarily_unavailable", "error_description": "later"}
        server = self.server(lambda server, *_: numbered(server) if len(server.asked) == 1 else (503, {}, busy))
        client = self.client(server)
        client.token("a")
        self.now = 100.0
        for _ in range(5):
            with self.assertRaises(TokenBrokerError):
                client.token("a")
        self.assertEqual(len(server.asked), 2)

    def test_waits_a_minute_at_most(self) -> None:
        busy = {"error": "temporarily_unavailable", "error_description": "later"}
        server = self.server(lambda *_: (503, {"Retry-After": "86400"}, busy))
        client = self.client(server)
        for self.now in (0.0, 59.0, 60.0):
            with self.assertRaises(TokenBrokerError):
                client.token("a")
        self.assertEqual(len(server.asked), 2)

    def test_raises_its_own_error_for_a_credential_that_is_not_there_and_for_an_answer_that_is_not_http(self) -> None:
        with self.assertRaises(TokenBrokerError) as caught:
            self.client(self.server(numbered), Path("/nowhere/key")).token("a")
        self.assertEqual(caught.exception.code, "credential_unavailable")
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def answer() -> None:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"nonsense\r\n\r\n")

            thread = threading.Thread(target=answer)
            thread.start()
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with self.assertRaises(TokenBrokerError) as caught:
                TokenBrokerClient(url, "key").token("a")
            thread.join(10)
        self.assertEqual(caught.exception.code, "unreachable")

    def test_gives_up_when_the_timeout_is_over_though_bytes_keep_coming(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            gone = threading.Event()

            def drip() -> None:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
                    while not gone.wait(0.01):
                        connection.sendall(b" ")

            thread = threading.Thread(target=drip)
            thread.start()
            client = TokenBrokerClient(f"http://127.0.0.1:{listener.getsockname()[1]}", "key", timeout=0.2)
            with self.assertRaises(TokenBrokerError) as caught:
                client.token("a")
            gone.set()
            thread.join(10)
        self.assertEqual((caught.exception.code, caught.exception.is_transient), ("timeout", True))

    def test_refuses_what_cannot_be_right(self) -> None:
        for url in ["ftp://broker", "http://user:pw@broker", "broker"]:
            with self.assertRaises(ValueError):
                TokenBrokerClient(url, "key")
        server = self.server(numbered)
        for credential in ["", "two lines\nhere"]:
            with self.assertRaises(ValueError):
                self.client(server, credential).token("a")
        with self.assertRaises(ValueError):
            self.client(server).token([])

    def test_bounds_the_tokens_that_it_keeps(self) -> None:
        server = self.server(numbered)
        client = self.client(server, max_tokens=2)
        for scope in ["a", "b", "a", "c", "a"]:
            client.token(scope)
        self.assertEqual(len(server.asked), 3)
        client.token("b")
        self.assertEqual(len(server.asked), 4)


class AuthTest(unittest.TestCase):
    """An API that takes the second token only."""

    def setUp(self) -> None:
        self.broker, self.api = Server(numbered), Server(self.answer)
        self.addCleanup(self.broker.close)
        self.addCleanup(self.api.close)
        self.client = TokenBrokerClient(self.broker.url, "not-a-real-key")

    @staticmethod
    def answer(_: Server, handler: BaseHTTPRequestHandler, body: bytes) -> Answer:
        is_good = handler.headers.get("Authorization") == "Bearer token-2"
        return (200 if is_good else 401), {}, body.decode()

    def test_requests_repeats_a_call_once_with_another_token(self) -> None:
        with requests.Session() as session:
            session.auth = TokenBrokerAuth(self.client, "a")
            self.assertEqual(session.post(self.api.url, data="order").json(), "order")
            self.assertEqual(session.get(self.api.url).status_code, 200)
        self.assertEqual(len(self.api.asked), 3)
        self.assertEqual(len(self.broker.asked), 2)

    def test_requests_returns_the_second_401(self) -> None:
        api = Server(lambda *_: (401, {}, {}))
        self.addCleanup(api.close)
        self.assertEqual(requests.get(api.url, auth=TokenBrokerAuth(self.client, "a")).status_code, 401)
        self.assertEqual(len(api.asked), 2)

    def test_httpx_repeats_a_call_once_with_another_token(self) -> None:
        import asyncio

        import httpx
        from token_broker.httpx_auth import TokenBrokerAuth as HttpxAuth

        with httpx.Client(auth=HttpxAuth(self.client, "a"), trust_env=False) as client:
            self.assertEqual(client.post(self.api.url, content="order").json(), "order")

        async def ask() -> int:
            async with httpx.AsyncClient(auth=HttpxAuth(self.client, "a"), trust_env=False) as client:
                return (await client.get(self.api.url)).status_code

        self.assertEqual(asyncio.run(ask()), 200)
        self.assertEqual(len(self.api.asked), 3)


class ApiTest(unittest.TestCase):
    """Where a token goes, and what rejects it."""

    def test_a_challenge_counts_before_the_status(self) -> None:
        api = Api(None, [401])
        for status, challenge, rejects in [
            (401, None, True),
            (401, 'Bearer error="insufficient_scope"', False),
            (403, None, False),
            (403, 'Basic realm="x", Bearer realm="y", error="invalid_token"', True),
            (403, "Bearer error=invalid_token", True),
            (403, 'Bearer error="insufficient_scope"', False),
            (500, 'Bearer error="invalid_token"', False),
            (200, 'Bearer error="invalid_token"', False),
        ]:
            self.assertEqual(api.rejects(status, challenge), rejects, (status, challenge))
        self.assertTrue(Api(None, [403]).rejects(403, None))
        for statuses in ([500], [399], ["403"]):
            with self.assertRaises(ValueError):
                Api(None, statuses)

    def test_a_token_goes_to_its_origins_only(self) -> None:
        api = Api(["https://api.example"], [401])
        for url in ["https://api.example/x", "HTTPS://API.example:443/", "https://api.example./"]:
            self.assertTrue(api.allows(url), url)
        for url in [
            "http://api.example/",
            "https://api.example:8443/",
            "https://sub.api.example/",
            "https://user:pw@api.example/",
            "https://api.example@evil.example/",
            "https://[::1]/",
            "/relative",
            "https://api.example:port/",
        ]:
            self.assertFalse(api.allows(url), url)
        self.assertTrue(Api(["http://[::1]:8080"], [401]).allows("http://[::1]:8080/x"))
        first = Api(None, [401])
        self.assertTrue(first.allows("https://one.example/"))
        self.assertFalse(first.allows("https://two.example/"))
        with self.assertRaises(ValueError):
            Api(["ftp://api.example"], [401])


class OriginTest(unittest.TestCase):
    def setUp(self) -> None:
        self.broker, self.api, self.other = Server(numbered), Server(self.answer), Server(self.answer)
        for one in (self.broker, self.api, self.other):
            self.addCleanup(one.close)
        self.client = TokenBrokerClient(self.broker.url, "not-a-real-key")

    def answer(self, _: Server, handler: BaseHTTPRequestHandler, __: bytes) -> Answer:
        if handler.path == "/moved":
            return 307, {"Location": self.other.url}, {}
        if handler.path == "/forbidden":
            return 403, {"WWW-Authenticate": 'Bearer error="invalid_token"'}, {}
        return 401, {}, {}

    def clients(self) -> List[Tuple[str, Callable[..., Any]]]:
        import httpx
        from token_broker.httpx_auth import TokenBrokerAuth as HttpxAuth

        session = requests.Session()
        session.trust_env = False
        session.auth = TokenBrokerAuth(self.client, "a")
        client = httpx.Client(auth=HttpxAuth(self.client, "a"), trust_env=False, follow_redirects=True)
        self.addCleanup(session.close)
        self.addCleanup(client.close)
        return [("requests", session.get), ("httpx", client.get)]

    def test_another_origin_gets_no_token_and_its_401_is_not_reported(self) -> None:
        for name, get in self.clients():
            with self.subTest(name):
                self.assertEqual(get(self.api.url + "/moved").status_code, 401)
                self.assertEqual(get(self.other.url).status_code, 401)
                self.assertEqual(set(self.other.credentials), {""})
        self.assertEqual([method for method, _, _ in self.broker.asked], ["GET"])

    def test_a_403_of_an_invalid_token_is_reported_once(self) -> None:
        for name, get in self.clients():
            with self.subTest(name):
                before = len(self.api.asked)
                self.assertEqual(get(self.api.url + "/forbidden").status_code, 403)
                self.assertEqual(len(self.api.asked) - before, 2)

    def test_the_answer_of_the_api_is_returned_when_the_broker_replaces_no_token(self) -> None:
        clients = self.clients()
        clients[0][1](self.api.url + "/moved")
        self.broker.close()
        for name, get in clients:
            with self.subTest(name):
                self.assertEqual(get(self.api.url).status_code, 401)


if __name__ == "__main__":
    unittest.main()
