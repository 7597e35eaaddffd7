-- Replaces a string, unless it was replaced meanwhile.
-- KEYS: the string; ARGV: what was read of it, what it is to be, milliseconds that it lives
if redis.call('GETRANGE', KEYS[1], 0, 8192) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
