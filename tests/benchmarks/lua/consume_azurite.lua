-- Gets one message at a time, and deletes what was got; each deletion that worked is one task.
dofile("report.lua")

local lease, remove, leased

local function escaped(text)
   return (text:gsub("[^%w]", function(letter) return string.format("%%%02X", letter:byte()) end))
end

function prepare()
   leased = {}
   lease = wrk.format()
   local path, signature = wrk.path:match("^([^?]*)?.*&(sv=.*)$")
   remove = function(message)
      return wrk.format("DELETE", path .. "/" .. message.id
         .. "?popreceipt=" .. escaped(message.receipt) .. "&" .. signature)
   end
end

function request()
   local message = table.remove(leased)
   if message == nil then return lease end
   return remove(message)
end

function response(status, _, body)
   if status == 204 then
      tasks = tasks + 1
   elseif status == 200 then
      local id = body:match("<MessageId>([^<]+)<")
      if id then
         table.insert(leased, {id = id, receipt = body:match("<PopReceipt>([^<]+)<")})
      else
         empty = empty + 1
      end
   end
end
