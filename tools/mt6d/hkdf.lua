-- SPDX-License-Identifier: BSD-3-Clause
-- HMAC (RFC 2104) and HKDF (RFC 5869) with SHA-256.
local sha256 = require("mt6d.sha256")

local BLOCK = 64

local function masked(key, mask)
  return (key:gsub(".", function(byte) return string.char(bit32.bxor(byte:byte(), mask)) end))
end

local hkdf = {}

function hkdf.hmac(key, message)
  if #key > BLOCK then
    key = sha256(key)
  end
  key = key .. ("\0"):rep(BLOCK - #key)
  return sha256(masked(key, 0x5c) .. sha256(masked(key, 0x36) .. message))
end

function hkdf.expand(key, info, length)
  local output, last, count = "", "", 0
  while #output < length do
    count = count + 1
    last = hkdf.hmac(key, last .. info .. string.char(count))
    output = output .. last
  end
  return output:sub(1, length)
end

return hkdf
