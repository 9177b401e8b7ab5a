-- The Pub/Sub emulator. The path given is that of a topic's or a subscription's method.
local path = wrk.path:gsub("/topics/", "/subscriptions/"):match("^([^:]*)")
local json = {["Content-Type"] = "application/json"}
local acknowledging = 0

peer = {mark = '"ackId"'}

function peer.lease()
   return wrk.format("POST", path .. ":pull", json, '{"maxMessages": 1}')
end

function peer.remove(id)
   acknowledging = acknowledging + 1
   return wrk.format("POST", path .. ":acknowledge", json, '{"ackIds": ["' .. id .. '"]}')
end

function peer.read(status, body)
   if status ~= 200 or body:find('"messageIds"', 1, true) then return nil end
   local id = body:match('"ackId": *"([^"]+)"')
   if id then return "leased", id end
   -- An acknowledgement and a pull that found nothing have one answer. Whichever comes first, there
   -- is one for each acknowledgement that was sent, so that the sums are right.
   if acknowledging == 0 then return "empty" end
   acknowledging = acknowledging - 1
   return "deleted"
end
