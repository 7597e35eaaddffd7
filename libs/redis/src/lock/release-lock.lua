-- Releases a lock and tells all replicas what came of the renewal: one step, so nobody sees the one without the other.
-- KEYS: lock
-- ARGV: value of the lock held, channel, message, milliseconds that a lock lives
-- Returns 1, or 0 when the lock was not held any longer: then nothing is said.
local holder = redis.call('GETDEL', KEYS[1])
if holder == ARGV[1] then
  redis.call('PUBLISH', ARGV[2], ARGV[3])
  return 1
end
-- Somebody else's by now. GETDEL and no GET, since a lock lost is rare: it gets a whole life again.
if holder then redis.call('SET', KEYS[1], holder, 'PX', ARGV[4]) end
return 0
