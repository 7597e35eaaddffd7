-- Removes an entry that no replica can read, unless it was replaced meanwhile.
-- KEYS: the entry; ARGV: the bytes that were read
if redis.call('STRLEN', KEYS[1]) ~= #ARGV[1] or redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
