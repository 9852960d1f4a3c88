"""The scripts of calls, each over one key. Next: `calls_redis.py`, which says what is kept under the keys.

The first argument of those that look at the clock is a test's time in microseconds, or empty for the server's own.
"""

from parley.chat_service.adapters.redis_scripts import NOW
from parley.redis.commands import Script

READ = Script(f"""{NOW}
return {{redis.call('GET', KEYS[1]) or '', whole(now)}}
""")
"""now: what is kept, empty for nothing, and the time."""

SWAP = Script("""
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
  return 0
end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
end
return 1
""")
"""what was read, what to keep instead or empty for nothing, for how many seconds: 0 if it is not what was read."""

PLAN = Script(f"""{NOW}
local earliest = now + ARGV[3]
local at = math.max(tonumber(ARGV[4]), earliest)
local planned = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[2]))
if planned and planned < at then
  at = math.max(planned, earliest)
end
redis.call('ZADD', KEYS[1], whole(at), ARGV[2])
""")
"""now, member, how soon from now at the earliest, when: look at it then, or sooner if that was planned before."""

CLAIM = Script(f"""{NOW}
local conv, lasts = ARGV[3], tonumber(ARGV[4])
local held = redis.call('HGETALL', KEYS[1])
for at = 1, #held, 2 do
  local ends, where = string.match(held[at + 1], '^(%d+) (.*)$')
  if tonumber(ends) <= now then
    redis.call('HDEL', KEYS[1], held[at])
  elseif where ~= conv then
    return 0
  end
end
if ARGV[2] ~= '' then
  redis.call('HSET', KEYS[1], ARGV[2], whole(now + lasts) .. ' ' .. conv)
  redis.call('PEXPIRE', KEYS[1], math.ceil(lasts / 1000))
end
return 1
""")
"""now, claim or empty to ask only, where, for how long: 0 if there is one of another place, which has not ended."""
