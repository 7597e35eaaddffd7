-- Removes a key that is not of the type that replicas write there. Returns 1 when it was removed.
-- KEYS: the key; ARGV: its type
local type = redis.call('TYPE', KEYS[1]).ok
if type == 'none' or type == ARGV[1] then return 0 end
return redis.call('UNLINK', KEYS[1])
