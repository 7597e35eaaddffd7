-- Reads a part of all records of requests, without what no replica has written: a record that is too long, and a field
-- that is no request key.
-- KEYS: the hash
-- ARGV: cursor, how many to look at, longest in bytes, length of a request key, 1 to remove the others
-- Returns the cursor of the next part, how many were removed, then a list of field, record, ...
local scanned = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local found, kept, removed = scanned[2], {}, 0
for i = 1, #found, 2 do
  if #found[i] == tonumber(ARGV[4]) and #found[i + 1] <= tonumber(ARGV[3]) then
    kept[#kept + 1] = found[i]
    kept[#kept + 1] = found[i + 1]
  elseif ARGV[5] == '1' then
    removed = removed + redis.call('HDEL', KEYS[1], found[i])
  end
end
return { scanned[1], removed, kept }
