-- Takes what will soon be due, the earliest first, by planning it anew: if the replica that takes it dies, it is due again
-- after the lease.
-- KEYS: sorted set of what is planned
-- ARGV: how many at most, how many milliseconds ahead, lease in milliseconds
-- Returns TIME, then key, instant, ...
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZRANGE', KEYS[1], '-inf', now + ARGV[2], 'BYSCORE', 'LIMIT', 0, ARGV[1], 'WITHSCORES')
if #due > 0 then
  local leased = {}
  for i = 1, #due, 2 do
    leased[i] = now + ARGV[3]
    leased[i + 1] = due[i]
  end
  redis.call('ZADD', KEYS[1], unpack(leased))
end
return { time, due }
