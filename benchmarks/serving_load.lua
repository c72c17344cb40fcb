-- wrk posts the pictures of a folder in turn; the last line printed is a JSON object of figures.
--   wrk ... -s serving_load.lua URL -- multipart|raw FILE...

local requests, next_one = {}, 0

function init(arguments)
  local form = table.remove(arguments, 1)
  for _, path in ipairs(arguments) do
    local file = assert(io.open(path, "rb"))
    local body, headers = file:read("*a"), {}
    file:close()
    if form == "multipart" then
      local boundary = "------------------------d74496d66958873e"
      headers["Content-Type"] = "multipart/form-data; boundary=" .. boundary
      body = "--" .. boundary .. "\r\n"
        .. 'Content-Disposition: form-data; name="file"; filename="grid.png"\r\n'
        .. "Content-Type: image/png\r\n\r\n" .. body .. "\r\n--" .. boundary .. "--\r\n"
    else
      headers["Content-Type"] = "image/png"
    end
    requests[#requests + 1] = wrk.format("POST", nil, headers, body)
  end
end

function request()
  next_one = next_one % #requests + 1
  return requests[next_one]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "p50_ms": %.4f, "p99_ms": %.4f, "errors": %d}\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
