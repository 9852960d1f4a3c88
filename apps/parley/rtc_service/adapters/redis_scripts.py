"""The scripts of rtc sessions, each over one key. Next: `redis.py`, which says what is kept under the keys.

The first argument of those that look at the clock is a test's time in milliseconds, or empty for the server's own.
"""

from parley.redis.commands import Script

_NOW = """
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local function whole(number)
  return string.format('%.0f', number)
end
"""

CLAIM = Script(f"""{_NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', whole(now))
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then
  local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return math.max(1, tonumber(first[2]) - now)
end
redis.call('ZADD', KEYS[1], whole(now + ARGV[2]), ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 0
""")
"""now, life in ms, how many at most, session: list it, or answer when the first of those that are listed ends."""

LIST = Script(f"""{_NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', whole(now))
redis.call('ZADD', KEYS[1], ARGV[4], whole(now + ARGV[2]), ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
""")
"""now, life in ms, session, NX or XX: list it, or leave it listed for so long if it is."""

PUT = Script("""
if (redis.call('HGET', KEYS[1], 'rev') or '') ~= ARGV[1] then
  return 0
end
local sets = tonumber(ARGV[3])
redis.call('HSET', KEYS[1], unpack(ARGV, 4, 3 + sets))
if #ARGV > 3 + sets then
  redis.call('HDEL', KEYS[1], unpack(ARGV, 4 + sets))
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
""")
"""The revision it must have or empty for none, life in ms, how many words are fields and values in turn, those, and
fields that go: 1 if it was done."""
