-- KEYS: what changed when. ARGV: a new era, the topics that changed.
if redis.call('HSETNX', KEYS[1], 'era', ARGV[1]) == 1 then
    redis.call('HSET', KEYS[1], 'count', 0)
end
local count = redis.call('HINCRBY', KEYS[1], 'count', 1)
for i = 2, #ARGV do
    redis.call('HSET', KEYS[1], ARGV[i], count)
end
return count
