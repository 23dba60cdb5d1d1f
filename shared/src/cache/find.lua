-- KEYS: what changed when, an answer. ARGV: an era, should there be none.
-- Gives the era and the count of changes and, where the answer may be given, its
-- topics, headers, body, age and what is left of its time, in milliseconds.
local era = redis.call('HGET', KEYS[1], 'era')
if not era then
    era = ARGV[1]
    redis.call('HSET', KEYS[1], 'era', era, 'count', 0)
end
local count = tonumber(redis.call('HGET', KEYS[1], 'count'))
local kept = redis.call('HMGET', KEYS[2], 'era', 'made', 'topics', 'headers', 'body', 'life')
local nothing = {era, count, false, false, false, false, false}
if kept[1] ~= era then
    return nothing
end
local topics = {}
for topic in string.gmatch(kept[3], '%d+') do
    topics[#topics + 1] = topic
end
if #topics > 0 then
    for _, changed in ipairs(redis.call('HMGET', KEYS[1], unpack(topics))) do
        if changed and tonumber(changed) > tonumber(kept[2]) then
            return nothing
        end
    end
end
local left = redis.call('PTTL', KEYS[2])
if left <= 0 then
    return nothing
end
return {era, count, kept[3], kept[4], kept[5], tonumber(kept[6]) - left, left}
