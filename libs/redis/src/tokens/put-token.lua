-- Puts a token, releases the lock of the renewal that brought it, and tells all replicas: one step.
-- KEYS: token, lock
-- ARGV: generation (16 hex digits), sealed record, milliseconds to live, value of the lock held or '', channel, message
-- Returns 1, or 0 when a token that is as new or newer is there already. The lock alone does not rule that out: while it
-- was out of order for one replica, that one renewed without it.
local token, lock = KEYS[1], KEYS[2]
local generation, record, life, held, channel, message = unpack(ARGV)

local function release_lock()
  if held == '' then return end
  local holder = redis.call('GETDEL', lock)
  -- Somebody else's by now. GETDEL and no GET, since a lock lost is rare: what was left of its life is not known any
  -- more, so it gets a whole one of 3 s, which its holder extends or ends.
  if holder and holder ~= held then redis.call('SET', lock, holder, 'PX', 3000) end
end

-- Hex digits of one length compare as the numbers do. What is no generation is junk, and older than any.
local function is_newest()
  local kept = redis.call('GETRANGE', token, 0, 15)
  return #kept < 16 or string.find(kept, '[^0-9a-f]') ~= nil or kept < generation
end

release_lock()
if not is_newest() then return 0 end
redis.call('SET', token, generation .. record, 'PX', life)
redis.call('PUBLISH', channel, message)
return 1
