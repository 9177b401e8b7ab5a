-- The same request again and again; wrk writes it once and never comes back to Lua.
dofile("report.lua")
