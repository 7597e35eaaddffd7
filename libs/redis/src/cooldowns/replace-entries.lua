-- Replaces entries if all of them are still what the caller has read. Returns 1 if they were, else 0.
-- KEYS: the entries, then the mark that there are any, which lives as long as the last of them
-- ARGV: their life in milliseconds, then value read ('' for none) and new value of each
local mark, life = KEYS[#KEYS], ARGV[1]
for i = 1, #KEYS - 1 do
  -- The length first: an entry may be 500 MB long when others can write to Redis.
  if redis.call('STRLEN', KEYS[i]) ~= #ARGV[2 * i] or (redis.call('GET', KEYS[i]) or '') ~= ARGV[2 * i] then return 0 end
end
for i = 1, #KEYS - 1 do
  redis.call('SET', KEYS[i], ARGV[2 * i + 1], 'PX', life)
end
-- (PEXPIRE has no GT before Redis 7.)
if redis.call('PTTL', mark) < tonumber(life) then redis.call('SET', mark, '', 'PX', life) end
return 1
