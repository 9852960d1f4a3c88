"""Unit tests touch no network: a socket other than the event loop's own pair fails the test."""

import pytest
import pytest_socket


@pytest.fixture(autouse=True)
def no_sockets():
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()
