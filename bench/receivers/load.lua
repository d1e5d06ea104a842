-- Deliveries as Meta sends them, each with its own body and signature; for wrk (LuaJIT).
-- Arguments: what to send (new, same, forged), the app secret, a prefix that makes the bodies of this run unique.
local ffi = require("ffi")
ffi.cdef [[
typedef struct evp_md_st EVP_MD;
const EVP_MD *EVP_sha256(void);
const EVP_MD *EVP_sha1(void);
unsigned char *HMAC(const EVP_MD *md, const void *key, int key_len, const unsigned char *d, size_t n, unsigned char *out, unsigned int *len);
]]
local crypto = ffi.load("libcrypto.so.3")
local buffer = ffi.new("unsigned char[64]")
local numbers = 0

function setup(thread)
  numbers = numbers + 1
  thread:set("which", numbers)
end

local function hex(md, size, key, body)
  crypto.HMAC(md, key, #key, body, #body, buffer, nil)
  local digits = {}
  for i = 0, size - 1 do digits[i + 1] = string.format("%02x", buffer[i]) end
  return table.concat(digits)
end

function init(arguments)
  mode, secret, prefix, count = arguments[1], arguments[2], arguments[3], 0
  filling = string.rep("x", 330)
end

function request()
  if mode ~= "same" then count = count + 1 end
  local mid = prefix .. "-" .. which .. "-" .. count
  local body = '{"object":"page","entry":[{"id":"1784000000001","time":1763812800000,"messaging":[{"sender":{"id":"56148790'
    .. (count % 50) .. '"},"recipient":{"id":"1784000000001"},"timestamp":1763812800000,"message":{"mid":"' .. mid
    .. '","text":"' .. filling .. '"}}]}]}'
  local key = mode == "forged" and "another secret" or secret
  return wrk.format("POST", "/webhooks/meta", {
    ["Content-Type"] = "application/json",
    ["X-Hub-Signature-256"] = "sha256=" .. hex(crypto.EVP_sha256(), 32, key, body),
    ["X-Hub-Signature"] = "sha1=" .. hex(crypto.EVP_sha1(), 20, key, body),
  }, body)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('RESULT {"requests":%d,"microseconds":%d,"refused":%d,"broken":%d,"p50":%d,"p99":%d,"longest":%d}\n',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
