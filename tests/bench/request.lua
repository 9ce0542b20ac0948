-- wrk -s request.lua URL -- METHOD TOKEN [BODY-FILE]
-- Every server gets the same request. It is put together once: wrk then sends bytes, no Lua runs.
function init(args)
    wrk.method = args[1]
    wrk.headers["Authorization"] = "Bearer " .. args[2]
    if args[3] then
        local file = assert(io.open(args[3], "rb"))
        wrk.body = file:read("*a")
        file:close()
    end
end
