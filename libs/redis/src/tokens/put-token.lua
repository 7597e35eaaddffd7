-- Puts a token, releases the lock of the renewal that brought it, and publishes it to all replicas: one step.
-- KEYS: token, lock
-- ARGV: generation (16 hex digits), sealed record, milliseconds to live, value of the lock held or '', channel, message,
--   the highest generation that there can be (16 hex digits)
-- Returns 1, or 0 when a token that is as new or newer is there already. The lock alone does not rule that out: a replica
-- for which it did not work renews without it.
local token, lock = KEYS[1], KEYS[2]
local generation, record, life, held, channel, message, highest = unpack(ARGV)

if held ~= '' and redis.call('STRLEN', lock) == #held and redis.call('GET', lock) == held then redis.call('DEL', lock) end

-- Hex digits of one length compare as the numbers do. What is no generation, or is of a time to come, is junk.
local kept = redis.call('GETRANGE', token, 0, 15)
local is_generation = #kept == 16 and not string.find(kept, '[^0-9a-f]') and kept <= highest
if is_generation and kept >= generation then return 0 end
redis.call('SET', token, generation .. record, 'PX', life)
redis.call('PUBLISH', channel, message)
return 1
