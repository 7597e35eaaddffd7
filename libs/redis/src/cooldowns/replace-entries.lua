-- Replaces entries if all of them still are what the caller has read, and tells whether they were.
-- KEYS: the entries, then the mark that there are any, which lives as long as the last of them
-- ARGV: their life in milliseconds, then value read ('' for none) and new value of each
local mark, life = KEYS[#KEYS], ARGV[1]
for i = 1, #KEYS - 1 do
  if (redis.call('GET', KEYS[i]) or '') ~= ARGV[2 * i] then return 0 end
end
for i = 1, #KEYS - 1 do
  redis.call('SET', KEYS[i], ARGV[2 * i + 1], 'PX', life)
end
if not redis.call('SET', mark, '', 'NX', 'PX', life) then redis.call('PEXPIRE', mark, life, 'GT') end
return 1
