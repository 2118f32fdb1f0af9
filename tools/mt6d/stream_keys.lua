-- SPDX-License-Identifier: BSD-3-Clause
-- What is derived from a session key for one direction (docs/protocol.md, section 5), made when it is
-- first needed.
local hkdf = require("mt6d.hkdf")
local packet_cipher = require("mt6d.packet_cipher")

local stream_keys = {}

local function derived(route, label, length)
  local stream = route.stream
  stream.prk = stream.prk or hkdf.hmac("mt6d/v1", stream.key)
  local pair = stream.hosts[route.sender].address .. stream.hosts[route.receiver].address
  return hkdf.expand(stream.prk, label .. pair, length)
end

local function kept(route, name, make)
  local stream = route.stream
  stream.derived = stream.derived or { {}, {} }
  local mine = stream.derived[route.sender]
  mine[name] = mine[name] or make()
  return mine[name]
end

function stream_keys.gcm(route)
  return kept(route, "gcm", function() return packet_cipher.gcm(derived(route, "gcm", 36)) end)
end

function stream_keys.cbc(route)
  return kept(route, "cbc", function() return packet_cipher.cbc(derived(route, "cbc", 64)) end)
end

-- The first half of what is derived for key exchange.
function stream_keys.message_mac(route)
  return kept(route, "mac", function() return derived(route, "kex", 32) end)
end

return stream_keys
