-- Replaces entries if all of them still are what the caller has read, and tells whether they were.
-- KEYS: the entries. ARGV: their life in milliseconds, then value read ('' for none) and new value of each.
for i, key in ipairs(KEYS) do
  if (redis.call('GET', key) or '') ~= ARGV[2 * i] then return 0 end
end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, ARGV[2 * i + 1], 'PX', ARGV[1])
end
return 1
