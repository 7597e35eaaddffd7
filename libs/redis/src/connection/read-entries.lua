-- Reads strings that replicas have written with an end to their life. Others are removed: what is longer than anything a
-- replica writes, or lives for ever.
-- KEYS: in one slot
-- ARGV: longest in bytes
-- Returns how many were removed, then PTTL and value of each key (-2 and false where there is none)
local longest, removed, reply = tonumber(ARGV[1]), 0, {}
for _, key in ipairs(KEYS) do
  local life = redis.call('PTTL', key)
  if life == -1 or (life >= 0 and redis.call('STRLEN', key) > longest) then
    redis.call('UNLINK', key)
    removed, life = removed + 1, -2
  end
  reply[#reply + 1] = life
  reply[#reply + 1] = life >= 0 and redis.call('GET', key)
end
return { removed, unpack(reply) }
