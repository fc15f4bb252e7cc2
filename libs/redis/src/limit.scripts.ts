/**
 * Looks at an endpoint, or books one call (`within` >= 0). KEYS: pause, pace. ARGV: calls a second (0:
 * no ceiling), milliseconds that the call may wait (-1: only look). Answers rest, wait, and the room
 * there is (-1: any) or whether it was booked. By Redis' own clock.
 */
export const LIMIT_SCRIPT = `
local rest = redis.call('PTTL', KEYS[1])
if rest > 0 then return {rest, 0, 0} end
local rate = tonumber(ARGV[1])
local within = tonumber(ARGV[2])
if rate == 0 then return {0, 0, within < 0 and -1 or 1} end
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local interval = 1000 / rate
local burst = math.max(1, math.floor(rate))
local following = math.max(now, tonumber(redis.call('GET', KEYS[2]) or '0'))
if within < 0 then
  return {0, 0, math.max(0, math.floor(burst - (following - now) / interval))}
end
following = following + interval
local wait = math.max(0, math.ceil(following - burst * interval - now))
if wait > within then return {0, wait, 0} end
redis.call('SET', KEYS[2], string.format('%.3f', following), 'PX', math.ceil(following - now) + 1000)
return {0, wait, 1}
`;

/** A pause only ever grows. KEYS: pause. ARGV: milliseconds. */
export const PAUSE_SCRIPT = `
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
end
return 1
`;
