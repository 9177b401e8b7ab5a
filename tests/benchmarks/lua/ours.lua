-- Ours. The path given begins with that of a queue's tasks.
local path = wrk.path:match("^(.-/tasks)")
local bare = {}

peer = {mark = '"taskqueues#task"'}

function peer.lease()
   return wrk.format("POST", path .. "/lease?numTasks=1&leaseSecs=600", bare, "")
end

function peer.remove(id)
   return wrk.format("DELETE", path .. "/" .. id, bare, "")
end

function peer.read(status, body)
   if status == 204 then return "deleted" end
   -- The answer to an insert is a task, that to a lease is tasks (of "taskqueue", as Google had it).
   if status ~= 200 or not body:find('"taskqueue#tasks"', 1, true) then return nil end
   local id = body:match('"id": ?"([^"]+)"')
   if id then return "leased", id end
   return "empty"
end
