"""When a rotation is due by the calendar."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from parley_operator.ring.schedule import Schedule, due_s, next_s

MOMENTS = st.integers(1_700_000_000, 2_000_000_000)
WINDOWS = st.sampled_from([(time(2), time(5)), (time(22), time(1)), (time(2, 30), time(2, 45)), (time(0), time(0, 1))])
SCHEDULES = st.builds(
    Schedule,
    every_s=st.integers(3600, 90 * 86_400),
    window=WINDOWS,
    zone=st.sampled_from(["UTC", "Europe/Kyiv", "America/St_Johns", "Pacific/Apia"]),
    jitter_s=st.integers(0, 7200),
)


def is_inside(schedule, moment_s):
    opens, closes = schedule.window
    clock = datetime.fromtimestamp(moment_s, ZoneInfo(schedule.zone)).time()
    return opens <= clock < closes if opens < closes else clock >= opens or clock < closes


@given(SCHEDULES, MOMENTS, st.text(max_size=8))
def test_due_is_in_the_window(schedule, made_s, seed):
    """A rotation is due inside its window, no earlier than the key's age says, and within three days of that."""
    due = due_s(schedule, made_s, seed)
    assert is_inside(schedule, due)
    assert made_s + schedule.every_s <= due <= made_s + schedule.every_s + timedelta(days=3).total_seconds()
    assert due == due_s(schedule, made_s, seed)


@given(SCHEDULES, MOMENTS, st.integers(0, 200 * 86_400))
def test_a_missed_window_is_not_made_up_for_at_noon(schedule, made_s, later_s):
    """An operator that comes back late begins inside a window too, and never in the past."""
    now_s = made_s + later_s
    begin_s = next_s(schedule, made_s, "seed", now_s)
    assert is_inside(schedule, begin_s)
    assert begin_s >= now_s


def test_jitter_differs_from_key_to_key():
    """Rings that were made together are not rotated together, and none is early or later than the jitter."""
    schedule = Schedule(every_s=86_400, jitter_s=1800)
    moments = {due_s(schedule, 0, f"ring-{number}") - 86_400 for number in range(50)}
    assert len(moments) > 25
    assert 0 <= min(moments) <= max(moments) < 1800


def test_a_window_is_local_time():
    """Three in the morning in Kyiv is one o'clock UTC in winter, and midnight in summer."""
    schedule = Schedule(every_s=0, window=(time(3), time(4)), zone="Europe/Kyiv")
    for month, hour in ((1, 1), (7, 0)):
        made = datetime(2027, month, 10, 12, tzinfo=UTC)
        assert due_s(schedule, int(made.timestamp()), "") == datetime(2027, month, 11, hour, tzinfo=UTC).timestamp()
