-- Adds to the half hours of one token. The text is "PERIOD:RENEWED:FAILED" for each of them, the earliest first.
-- KEYS: text; ARGV: periods kept, the current period, seconds that the key lives, then of each addition: period, renewed,
-- failed
local kept, newest = tonumber(ARGV[1]), tonumber(ARGV[2])
local counts = {}

local function add(period, renewed, failed)
  -- The clock of another replica may be a little ahead.
  if period <= newest - kept or period > newest + 1 then return end
  local before = counts[period] or { 0, 0 }
  counts[period] = { math.min(before[1] + renewed, 9999), math.min(before[2] + failed, 9999) }
end

for n = 4, #ARGV, 3 do add(tonumber(ARGV[n]), tonumber(ARGV[n + 1]), tonumber(ARGV[n + 2])) end
-- What is longer than we write was not written by us.
local text = redis.call('GETRANGE', KEYS[1], 0, 2047)
for period, renewed, failed in string.gmatch(text, '(%d+):(%d+):(%d+)') do
  add(tonumber(period), tonumber(renewed), tonumber(failed))
end

local parts = {}
for period = newest - kept + 1, newest + 1 do
  local of_period = counts[period]
  if of_period then parts[#parts + 1] = string.format('%d:%d:%d', period, of_period[1], of_period[2]) end
end
redis.call('SET', KEYS[1], table.concat(parts, ' '), 'EX', tonumber(ARGV[3]))
