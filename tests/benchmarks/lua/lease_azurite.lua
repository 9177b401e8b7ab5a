-- Counts the messages of each Get Messages.
dofile("report.lua")
dofile("count.lua")

function response(status, _, body)
   if status == 200 then count(body, "<MessageId>") end
end
