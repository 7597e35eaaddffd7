-- For wrk: each request has another path and another query behind the path it was given.
local prefix = wrk.path
request = function()
  return wrk.format("GET", prefix .. "/orders/" .. math.random(1000000000) .. "?page=" .. math.random(1000000000))
end
