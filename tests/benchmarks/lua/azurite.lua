-- Azurite. The path given is that of a queue's messages, and its query ends in a signature.
local path, signature = wrk.path:match("^([^?]*)?.*(sv=.*)$")
local bare = {}

peer = {mark = "<MessageId>"}

local function escaped(text)
   return (text:gsub("[^%w]", function(letter) return string.format("%%%02X", letter:byte()) end))
end

function peer.lease()
   local query = "?numofmessages=1&visibilitytimeout=600&"
   return wrk.format("GET", path .. query .. signature, bare, "")
end

function peer.remove(message)
   local query = "?popreceipt=" .. escaped(message.receipt) .. "&"
   return wrk.format("DELETE", path .. "/" .. message.id .. query .. signature, bare, "")
end

-- The answer to an insert is a 201.
function peer.read(status, body)
   if status == 204 then return "deleted" end
   if status ~= 200 then return nil end
   local id = body:match("<MessageId>([^<]+)<")
   if id then return "leased", {id = id, receipt = body:match("<PopReceipt>([^<]+)<")} end
   return "empty"
end
