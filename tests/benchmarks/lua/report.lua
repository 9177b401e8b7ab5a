-- What every script does: take verb, body, peer and headers from the command line, and say the
-- figures as one line of JSON. Scripts count in the globals `tasks` and `empty`; the global `peer`,
-- of the file that is named after it, writes its requests and reads its answers.
local threads = {}

function setup(thread)
   table.insert(threads, thread)
end

function init(args)
   wrk.method = args[1]
   local file = io.open(args[2], "rb")
   local body = file:read("*a")
   file:close()
   if #body > 0 then wrk.body = body end
   for at = 4, #args, 2 do
      wrk.headers[args[at]] = args[at + 1]
   end
   tasks, empty = 0, 0
   if args[3] ~= "" then dofile(args[3]) end
   if prepare then prepare() end
end

function done(summary, latency)
   local tasks, empty = 0, 0
   for _, thread in ipairs(threads) do
      tasks = tasks + thread:get("tasks")
      empty = empty + thread:get("empty")
   end
   local errors = summary.errors
   local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
   print(string.format(
      '{"requests": %d, "microseconds": %d, "failed": %d, "tasks": %d, "empty": %d, "p50": %d, "p99": %d}',
      summary.requests, summary.duration, failed, tasks, empty,
      latency:percentile(50), latency:percentile(99)))
end
