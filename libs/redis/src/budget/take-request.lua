-- Counts one token request, unless the last minute is full: one step, so the budget is never exceeded.
-- KEYS: counters of the client in the key of the oldest slot and in that of the newest (often the same one); then those
--   of the consumer, if there is one
-- ARGV: position of the oldest slot in its key, slots of the minute, slots of a key, 'renewals' or 'newTokens',
--   limits: all, new tokens, one consumer; seconds that a key lives
-- Returns how many of the oldest slots must pass before there is room (0: counted), how many keys were repaired, and the
-- counters of the client: renewals and new tokens of each slot, the oldest first.
local oldest, slots, slots_per_key = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local is_new, limit, new_limit, own_limit = ARGV[4] == 'newTokens', tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local slot_bytes, repaired = 4, 0

-- No replica counts beyond the newest slot: what is longer, or no string, was not written by us. It would count later.
local function repair(key, length)
  local type = redis.call('TYPE', key).ok
  if type == 'none' then return end
  if type ~= 'string' then
    redis.call('UNLINK', key)
  elseif redis.call('STRLEN', key) > length then
    redis.call('SET', key, redis.call('GETRANGE', key, 0, length - 1))
  else
    return
  end
  repaired = repaired + 1
end

local function read(key, from, count)
  if count <= 0 then return '' end
  local bytes = redis.call('GETRANGE', key, from * slot_bytes, (from + count) * slot_bytes - 1)
  return bytes .. string.rep('\0', count * slot_bytes - #bytes)
end

-- The counters of the minute: renewals and new tokens of each slot in turn.
local function minute(first_key, last_key)
  local in_first = math.min(slots, slots_per_key - oldest)
  repair(first_key, (oldest + in_first) * slot_bytes)
  if in_first < slots then repair(last_key, (slots - in_first) * slot_bytes) end
  local bytes = read(first_key, oldest, in_first) .. read(last_key, 0, slots - in_first)
  local counters = {}
  for n = 1, 2 * slots do counters[n] = string.byte(bytes, 2 * n - 1) * 256 + string.byte(bytes, 2 * n) end
  return counters
end

-- How many of the oldest slots must pass until there is room for one more.
local function slots_to_pass(counters, has_room)
  for passed = 0, slots do
    local renewals, new = 0, 0
    for slot = passed, slots - 1 do
      renewals, new = renewals + counters[2 * slot + 1], new + counters[2 * slot + 2]
    end
    if has_room(renewals, new) then return passed end
  end
  return slots
end

-- The current slot is the last but one: the one to come is looked at as well, since another replica may be ahead.
local function count(first_key, last_key, counter)
  local key, slot = first_key, oldest + slots - 2
  if slot >= slots_per_key then key, slot = last_key, slot - slots_per_key end
  redis.call('BITFIELD', key, 'OVERFLOW', 'SAT', 'INCRBY', 'u16', '#' .. 2 * slot + counter, 1)
  redis.call('EXPIRE', key, ARGV[8])
end

local all = minute(KEYS[1], KEYS[2])
local own = KEYS[3] and minute(KEYS[3], KEYS[4])
local wait = own and slots_to_pass(own, function(_, new) return new < own_limit end) or 0
if wait == 0 then
  wait = slots_to_pass(all, function(renewals, new)
    if is_new then return renewals + new < new_limit end
    -- A replica of version 0.1.0 counts before it looks, so new tokens may be above their limit for a moment.
    return renewals + math.min(new, new_limit) < limit
  end)
end
if wait == 0 then
  count(KEYS[1], KEYS[2], is_new and 1 or 0)
  if own then count(KEYS[3], KEYS[4], 1) end
  all[2 * slots - 3 + (is_new and 1 or 0)] = all[2 * slots - 3 + (is_new and 1 or 0)] + 1
end
return { wait, repaired, all }
