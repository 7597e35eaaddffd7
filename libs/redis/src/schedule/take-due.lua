-- Takes what will soon be due, the earliest first, by planning it anew: if the replica that takes it dies, it is due again
-- after the lease. What is no request key was not planned by a replica, and is removed.
-- KEYS: sorted set of what is planned
-- ARGV: how many at most, how many milliseconds ahead, lease in milliseconds, length of a request key
-- Returns TIME, how many were removed, then key, instant, ...
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZRANGE', KEYS[1], '-inf', now + ARGV[2], 'BYSCORE', 'LIMIT', 0, ARGV[1], 'WITHSCORES')
local taken, leased, removed = {}, {}, 0
for i = 1, #due, 2 do
  if #due[i] == tonumber(ARGV[4]) then
    leased[#leased + 1] = now + ARGV[3]
    leased[#leased + 1] = due[i]
    taken[#taken + 1] = due[i]
    taken[#taken + 1] = due[i + 1]
  else
    removed = removed + redis.call('ZREM', KEYS[1], due[i])
  end
end
if #leased > 0 then redis.call('ZADD', KEYS[1], unpack(leased)) end
return { time, removed, taken }
