-- Lists replicas by when they last announced themselves, and removes what no replica has written: long names, and
-- instants to come.
-- KEYS: sorted set of names
-- ARGV: the earliest and the latest instant, how many at most, longest name in bytes
-- Returns how many were removed, then name, instant, ...
local removed = redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. ARGV[2], '+inf')
local found = redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2], 'BYSCORE', 'LIMIT', 0, ARGV[3], 'WITHSCORES')
local reply = {}
for i = 1, #found, 2 do
  if #found[i] > tonumber(ARGV[4]) then
    removed = removed + redis.call('ZREM', KEYS[1], found[i])
  else
    reply[#reply + 1] = found[i]
    reply[#reply + 1] = found[i + 1]
  end
end
return { removed, unpack(reply) }
