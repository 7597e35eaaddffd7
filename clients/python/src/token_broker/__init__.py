"""Requests access tokens from the token broker, and caches them."""

from .client import AccessToken, TokenBrokerClient, TokenBrokerError

__all__ = ["AccessToken", "TokenBrokerClient", "TokenBrokerError"]
