-- Leases one task at a time, and deletes what was leased; each deletion that worked is one task.
dofile("report.lua")

local lease, remove, leased

function prepare()
   leased = {}
   lease = wrk.format()
   local path = wrk.path:match("^(.*)/lease")
   remove = function(id) return wrk.format("DELETE", path .. "/" .. id) end
end

function request()
   local id = table.remove(leased)
   if id == nil then return lease end
   return remove(id)
end

function response(status, _, body)
   if status == 204 then
      tasks = tasks + 1
   elseif status == 200 then
      local id = body:match('"id": ?"([^"]+)"')
      if id then table.insert(leased, id) else empty = empty + 1 end
   end
end
