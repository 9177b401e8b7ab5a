-- Inserts and leases in turn, and deletes what was leased, so that a third of the requests is of each
-- kind; each deletion that worked is one task that came and went.
dofile("report.lua")
dofile("leased.lua")

local insert, lease
local inserts = true

function prepare()
   insert, lease = wrk.format(), peer.lease()
end

function request()
   local deletion = next_deletion()
   if deletion then return deletion end
   inserts = not inserts
   return inserts and insert or lease
end
