-- SPDX-License-Identifier: BSD-3-Clause
-- Addresses as text and as bytes, and the hashed address of a host (docs/protocol.md, section 4).
local sha256 = require("mt6d.sha256")
local sha512 = require("mt6d.sha512")
local words = require("mt6d.words")

local host_address = {}

host_address.hashes = { sha256 = sha256, sha384 = sha512.sha384, sha512 = sha512.sha512 }

-- The bytes of "20010db8…", or nil.
function host_address.from_hex(text)
  if #text % 2 ~= 0 or text:find("%X") then
    return nil
  end
  return (text:gsub("..", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- "02:00:00:00:00:0a" to 6 bytes, or nil.
function host_address.parse_mac(text)
  return text:match("^%x%x:%x%x:%x%x:%x%x:%x%x:%x%x$") and host_address.from_hex((text:gsub(":", "")))
end

-- The groups of one side of "::", as bytes; nil if there is anything else.
local function parse_groups(text)
  local bytes = ""
  if text == "" then
    return bytes
  end
  for group in (text .. ":"):gmatch("([^:]*):") do
    if not group:match("^%x%x?%x?%x?$") then
      return nil
    end
    bytes = bytes .. host_address.from_hex(("0"):rep(4 - #group) .. group)
  end
  return bytes
end

-- "2001:db8::1" to 16 bytes, or nil.
function host_address.parse(text)
  local left, right = text:match("^(.-)::(.*)$")
  local head = parse_groups(left or text)
  local tail = parse_groups(right or "")
  if not head or not tail then
    return nil
  end
  local missing = 16 - #head - #tail
  if left and missing < 2 or not left and missing ~= 0 then
    return nil
  end
  return head .. ("\0"):rep(missing) .. tail
end

-- "2001:db8:0:ff::/64" to its first 8 bytes, or nil.
function host_address.parse_prefix(text)
  local address = host_address.parse(text:match("^(.*)/64$") or "?")
  return address and address:sub(1, 8)
end

local function is_reserved(iid)
  return iid == ("\0"):rep(8) or (iid:sub(1, 7) == "\253" .. ("\255"):rep(6) and iid:byte(8) >= 0x80)
end

-- host: address and mac in bytes, prefix (8 bytes) or nil. Returns 16 bytes.
function host_address.hashed(host, key, salt, hash)
  local own = host.address:sub(9)
  local digest = hash(own .. host.mac .. key .. words.pack64(salt))
  local iid
  for at = 1, 25, 8 do
    iid = digest:sub(at, at + 7)
    if not is_reserved(iid) and iid ~= own then
      break
    end
  end
  return (host.prefix or host.address:sub(1, 8)) .. iid
end

return host_address
