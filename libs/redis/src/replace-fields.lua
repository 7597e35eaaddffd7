-- Replaces fields of a hash if all of them still are what the caller has read, and tells whether they were.
-- KEYS: the hash. ARGV: its life in milliseconds, then field, value read ('' for none) and new value, again and again.
for i = 2, #ARGV, 3 do
  if (redis.call('HGET', KEYS[1], ARGV[i]) or '') ~= ARGV[i + 1] then
    return 0
  end
end
for i = 2, #ARGV, 3 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
