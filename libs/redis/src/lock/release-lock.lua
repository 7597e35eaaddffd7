-- Releases a lock and publishes the outcome of the renewal: one step, so no replica sees the one without the other.
-- KEYS: lock
-- ARGV: value of the lock, channel, message
-- Returns 1, or 0 when the lock was not held any longer: then nothing is published.
if redis.call('STRLEN', KEYS[1]) ~= #ARGV[1] or redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
