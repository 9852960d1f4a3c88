"""The scripts of presence, each over one key; calls share those that are about what is due.

Next: `redis.py`, which says what is kept under the keys.

The first argument of those that look at the clock is a test's time, or empty for the server's own.
"""

from parley.chat_service.model import RANK
from parley.redis.commands import Script

NOW = """
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local function whole(number)
  return string.format('%.0f', number)
end
"""

PLAN = Script(f"""{NOW}
for at = 3, #ARGV do
  redis.call('ZADD', KEYS[1], whole(now + ARGV[2]), ARGV[at])
end
""")
"""now, how long from now, members: look at them then."""

EXPIRED = Script(f"""{NOW}
return redis.call('ZRANGE', KEYS[1], '-inf', whole(now), 'BYSCORE', 'LIMIT', 0, ARGV[2], 'WITHSCORES')
""")
"""now, how many at most: members that are due and their times, in turn."""

MOVE = Script("""
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if score and tonumber(score) == tonumber(ARGV[2]) then
  if ARGV[3] == '' then
    redis.call('ZREM', KEYS[1], ARGV[1])
  else
    redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
  end
end
""")
"""member, the time it was due, when to look again or empty for never: unless somebody else has set another time."""

_RANKS = ", ".join(f"{status} = {rank}" for status, rank in RANK.items())

SETTLE = Script(f"""{NOW}
local RANK = {{{_RANKS}}}
local what, lasts = ARGV[3], tonumber(ARGV[4])
local status, grace, windows = 'offline', 0, {{}}
local fields = redis.call('HGETALL', KEYS[1])
for at = 1, #fields, 2 do
  local name, value = fields[at], fields[at + 1]
  if name == 'status' then
    status = value
  elseif name == 'grace' then
    grace = tonumber(value)
  elseif string.sub(name, 1, 2) == 'w:' then
    local ends, held = string.match(value, '^(%d+) (%a+)$')
    windows[string.sub(name, 3)] = {{ends = tonumber(ends), status = held}}
  end
end

if what == 'renew' then
  for at = 5, #ARGV, 2 do
    windows[ARGV[at]] = {{ends = now + lasts, status = ARGV[at + 1]}}
    redis.call('HSET', KEYS[1], 'w:' .. ARGV[at], whole(now + lasts) .. ' ' .. ARGV[at + 1])
  end
elseif what == 'leave' and windows[ARGV[5]] then
  windows[ARGV[5]] = nil
  redis.call('HDEL', KEYS[1], 'w:' .. ARGV[5])
  if not next(windows) then
    grace = now + lasts
    redis.call('HSET', KEYS[1], 'grace', whole(grace))
  end
end

local best
for party, it in pairs(windows) do
  if it.ends <= now then
    windows[party] = nil
    redis.call('HDEL', KEYS[1], 'w:' .. party)
  elseif not best or RANK[it.status] > RANK[best] then
    best = it.status
  end
end
if not best then
  best = now < grace and status or 'offline'
end

local told = ''
if best ~= status then
  told = best
  redis.call('HSET', KEYS[1], 'status', best, 'since', whole(math.floor(now / 1000 + 0.5)))
end
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('EXPIRE', KEYS[1], ARGV[2])
end

local again = ''
local window = windows[ARGV[5]]
if what == 'look' and window then
  again = whole(window.ends)
elseif what == 'look' and ARGV[5] == '' and not next(windows) and best ~= 'offline' then
  again = whole(grace)
end
return {{told, again}}
""")
"""now, seconds to keep, what, how long that lasts, its details: carry it out and forget leases that have ended.

`renew` is followed by windows and their statuses in turn, `leave` and `look` by one window. Returns the person's new
status if it has changed, and when to look at that window again; each empty if there is none.
"""
