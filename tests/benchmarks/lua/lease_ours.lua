-- Counts the tasks of each lease.
dofile("report.lua")
dofile("count.lua")

function response(status, _, body)
   if status == 200 then count(body, '"taskqueues#task"') end
end
