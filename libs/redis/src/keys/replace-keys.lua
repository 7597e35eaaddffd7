-- Replaces an entry if it is still what the caller has read. Returns 1 if it was, else 0.
-- KEYS: the entry
-- ARGV: the value read ('' for none), and the new value
if redis.call('STRLEN', KEYS[1]) ~= #ARGV[1] or redis.call('GETRANGE', KEYS[1], 0, -1) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
