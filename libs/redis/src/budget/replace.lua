-- Replaces a string, unless it was replaced meanwhile.
-- KEYS: the string; ARGV: the SHA-1 of what was last seen of it, what it is to be, milliseconds that it lives
-- Returns the SHA-1 of what it is now, and what it is where it was not replaced.
local now = redis.call('GETRANGE', KEYS[1], 0, 8191)
local seen = redis.sha1hex(now)
if seen ~= ARGV[1] then return { seen, now } end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return { redis.sha1hex(ARGV[2]) }
