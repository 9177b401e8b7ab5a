-- Leases one task at a time, and deletes what was leased; each deletion that worked is one task.
dofile("report.lua")
dofile("leased.lua")

local lease

function prepare()
   lease = peer.lease()
end

function request()
   return next_deletion() or lease
end
