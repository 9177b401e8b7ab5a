-- Leases again and again, and counts the tasks of each answer.
dofile("report.lua")

-- Payloads are all alike, and larger than everything else that varies in an answer, so that answers
-- of one length have one number of tasks: each length is counted only once.
local known = {}

function response(status, _, body)
   if status ~= 200 then return end
   local number = known[#body]
   if number == nil then
      local _, found = body:gsub(peer.mark, "")
      number = found
      known[#body] = number
   end
   tasks = tasks + number
   if number == 0 then empty = empty + 1 end
end
