-- Ends a lock in time that no replica has set: one that lives for ever, or longer than any of ours.
-- KEYS: lock
-- ARGV: milliseconds that a lock lives
-- Returns 1 when its life was shortened, else 0.
local life, longest = redis.call('PTTL', KEYS[1]), tonumber(ARGV[1])
if life ~= -1 and life <= longest then return 0 end
return redis.call('PEXPIRE', KEYS[1], longest)
