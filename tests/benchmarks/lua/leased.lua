-- What was leased and waits for its deletion, whichever connection comes next.
local leased = {}

function next_deletion()
   local task = table.remove(leased)
   return task and peer.remove(task)
end

function response(status, _, body)
   local what, task = peer.read(status, body)
   if what == "leased" then
      table.insert(leased, task)
   elseif what == "deleted" then
      tasks = tasks + 1
   elseif what == "empty" then
      empty = empty + 1
   end
end
