-- Reads a part of what is planned, the earliest first. What no replica has planned is removed: what is due too far ahead,
-- and what is no request key.
-- KEYS: sorted set of what is planned
-- ARGV: the first instant, how many of those due at it to leave out, how many at most, length of a request key, the
-- last instant
-- Returns how many were looked at, how many were removed, then a list of key, instant, ...
local removed = redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. ARGV[5], '+inf')
local due = redis.call('ZRANGE', KEYS[1], ARGV[1], '+inf', 'BYSCORE', 'LIMIT', ARGV[2], ARGV[3], 'WITHSCORES')
local kept = {}
for i = 1, #due, 2 do
  if #due[i] == tonumber(ARGV[4]) then
    kept[#kept + 1] = due[i]
    kept[#kept + 1] = due[i + 1]
  else
    removed = removed + redis.call('ZREM', KEYS[1], due[i])
  end
end
return { #due / 2, removed, kept }
