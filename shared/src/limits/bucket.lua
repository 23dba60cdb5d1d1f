-- Takes one token out of a bucket.
--
-- A bucket is the time at which it will be full again, in microseconds. KEYS[1] is
-- the bucket, ARGV[1] what a whole bucket takes to fill, ARGV[2] what one token
-- takes. Answers whether a token was there, and the time until the bucket is full.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local whole, token = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = tonumber(redis.call('GET', KEYS[1]) or now)
full = math.min(math.max(full, now), now + whole)
local after = full + token
if after - now > whole then
    return {0, full - now}
end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
return {1, after - now}
