"""How long a mail service is left alone."""

from parley.email_worker.adapters.backoff import Backoff


def test_pauses_double_up_to_half_a_minute():
    """Each failure in a row doubles the pause, which stays between half and the whole of its bound."""
    backoff = Backoff()
    pauses = [backoff.next_s() for _ in range(2_000)]
    bounds = [1, 2, 4, 8, 16] + [30] * 1_995
    assert all(bound / 2 <= pause <= bound for pause, bound in zip(pauses, bounds, strict=True))


def test_pauses_are_spread():
    """Workers that fail together do not come back together."""
    assert len({Backoff().next_s() for _ in range(20)}) > 15


def test_a_success_starts_anew():
    """After a mail that was taken the next pause is a short one."""
    backoff = Backoff()
    for _ in range(6):
        backoff.next_s()
    backoff.reset()
    assert backoff.next_s() <= 1
