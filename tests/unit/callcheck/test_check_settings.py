"""What the call check is told, and how mistakes in it are."""

import pytest

from parley.callcheck.settings import CheckSettings
from parley.configuration import ConfigurationError, load

RIGHT = {"CHECK_URL": "https://chat.example.org/", "CHECK_MAIL_URL": "http://mail:8025"}


@pytest.fixture
def given(monkeypatch):
    """Settings as the environment has them."""

    def to(**changes):
        for name, value in (RIGHT | changes).items():
            monkeypatch.setenv(name, value)
        return load(CheckSettings)

    return to


def test_one_host_is_enough(given):
    """rtc-service is where the page is, unless it has a host of its own."""
    settings = given()
    assert (settings.check_url, settings.rtc_url, settings.probes) == (
        "https://chat.example.org",
        "https://chat.example.org",
        {},
    )
    assert given(CHECK_RTC_URL="https://webrtc.example.org").rtc_url == "https://webrtc.example.org"


def test_probes_by_service(given):
    """Each service has its own address."""
    given_ = given(CHECK_PROBES="chat-service=http://a:9/readyz, rtc-service=http://b/readyz")
    assert given_.probes == {"chat-service": "http://a:9/readyz", "rtc-service": "http://b/readyz"}


def test_every_mistake_is_told_at_once(given):
    """A sentence for each variable that is wrong."""
    with pytest.raises(ConfigurationError) as error:
        given(CHECK_URL="chat", CHECK_MAIL_URL="smtp://mail", CHECK_PROBES="nothing", CHECK_PATIENCE_S="0")
    assert [sentence.split(":")[0] for sentence in error.value.sentences] == [
        "CHECK_URL",
        "CHECK_MAIL_URL",
        "CHECK_PROBES",
        "CHECK_PATIENCE_S",
    ]
