-- Reads records of requests, and removes those that are longer than any that a replica writes.
-- KEYS: the hash; ARGV: longest in bytes, then the fields
-- Returns how many were removed, then each record, or false
local removed, reply = 0, {}
for i = 2, #ARGV do
  if redis.call('HSTRLEN', KEYS[1], ARGV[i]) > tonumber(ARGV[1]) then
    removed = removed + redis.call('HDEL', KEYS[1], ARGV[i])
  end
  reply[#reply + 1] = redis.call('HGET', KEYS[1], ARGV[i])
end
return { removed, unpack(reply) }
