"""What a made secret looks like, and that one that is there is never made again."""

import re

import pytest
from pydantic import TypeAdapter

from parley.cluster_secrets import plan
from parley.onetimecodes.settings import HexKey, key_bytes
from parley.turn.ring import is_secret

PLAN = '{"p-generated": {"entries": {"code-key": "key", "turn-secret": "password"}}, "p-tls": {"hosts": ["a.test"]}}'


def test_passwords_need_no_escaping():
    """A password is 32 letters and digits, so neither SQL nor a URL nor coturn's configuration reads it otherwise."""
    for _ in range(200):
        made = plan.password()
        assert re.fullmatch("[A-Za-z0-9]{32}", made)
        assert is_secret(made)


def test_keys_are_of_the_settings_form():
    """A key is what CODE_KEY must be: 256 bits in hexadecimal."""
    made = TypeAdapter(HexKey).validate_python(plan.key())
    assert len(key_bytes(made)) == 32


def test_every_value_is_another():
    """No two values are the same."""
    made = {form() for form in plan.FORMS.values() for _ in range(100)}
    assert len(made) == 100 * len(plan.FORMS)


def test_what_is_there_is_not_made_again():
    """Only the entries that are missing get a value."""
    wanted = plan.WantedSecret("s", {"a": "key", "b": "password"})
    assert set(plan.missing(wanted, set())) == {"a", "b"}
    assert set(plan.missing(wanted, {"a", "stranger"})) == {"b"}
    assert plan.missing(wanted, {"a", "b"}) == {}


def test_a_plan_is_read():
    """A plan names Secrets with their entries, or with the hosts of a TLS pair."""
    generated, tls = plan.parse(PLAN)
    assert generated == plan.WantedSecret("p-generated", {"code-key": "key", "turn-secret": "password"})
    assert tls == plan.WantedSecret("p-tls", {}, ("a.test",))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "it is no JSON object of Secrets"),
        ("[]", "it is no JSON object of Secrets"),
        ('{"s": 1}', "it is no JSON object of Secrets"),
        ('{"s": {"entries": {"a": "word"}}}', "the form 'word' is not known; use one of key, password"),
    ],
)
def test_a_wrong_plan_is_refused(text, told):
    """What is no plan is refused in a sentence."""
    with pytest.raises(ValueError, match=told):
        plan.parse(text)
