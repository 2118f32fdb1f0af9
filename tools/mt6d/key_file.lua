-- SPDX-License-Identifier: BSD-3-Clause
-- The key file: the gateway's own streams file (docs/configuration.md, "Many streams"), a line a
-- stream,
--
--   LOCAL_ADDRESS LOCAL_MAC REMOTE_ADDRESS REMOTE_MAC KEY [option=value]...
--
-- and an option more, epoch=N: of which epoch the key is. A pair has a line for each key that is
-- known. Options that change nothing in a packet's meaning are passed over.
local host_address = require("mt6d.host_address")

local UNITS = { s = 1, m = 60, h = 3600 }
local LAST_BASE_PORT = 65532 -- and three after it
local LAST_EPOCH = 2 ^ 32 - 1
-- docs/protocol.md, section 3.
local DEFAULT_LIFETIME, SHORTEST_LIFETIME, LONGEST_LIFETIME = 3, 2, 256 -- rotations
local FORM = "write LOCAL_ADDRESS LOCAL_MAC REMOTE_ADDRESS REMOTE_MAC KEY [option=value]..."

-- Of a text, or nil if it is none.

local function whole_number(text, first, last)
  local value = #text <= 10 and text:match("^%d+$") and tonumber(text)
  return value and value >= first and value <= last and value or nil
end

local function seconds(text)
  local number, unit = text:match("^(%d+)([smh])$")
  local value = number and whole_number(number, 1, 10 ^ 8)
  return value and value * UNITS[unit]
end

local function rotation(text)
  local value = seconds(text)
  return value and (value < 10 or value % 10 == 0) and value or nil
end

local function lives_whole_rotations(stream)
  local rotations = stream.lifetime / stream.rotation
  return rotations % 1 == 0 and rotations >= SHORTEST_LIFETIME and rotations <= LONGEST_LIFETIME
end

-- How a value is read (nil: it is a bad one), and what a good one is. Each becomes the stream's, under
-- its option's name.
local OPTIONS = {
  name = { read = tostring, form = "a name" },
  rotation = { read = rotation, form = "1s to 9s, or a multiple of 10s" },
  lifetime = { read = seconds, form = "30s, 5m or 1h" },
  hash = { read = function(text) return host_address.hashes[text] end, form = "sha256, sha384 or sha512" },
  base_port = { read = function(text) return whole_number(text, 1, LAST_BASE_PORT) end,
                form = "1 to " .. LAST_BASE_PORT },
  epoch = { read = function(text) return whole_number(text, 0, LAST_EPOCH) end, form = "0 to 4294967295" },
  local_prefix = { read = host_address.parse_prefix, form = "a /64" },
  remote_prefix = { read = host_address.parse_prefix, form = "a /64" },
}

local function parse_host(address, mac)
  local host = { address = host_address.parse(address), mac = host_address.parse_mac(mac), text = address }
  if not host.address then
    return nil, "an address is not an IPv6 address"
  end
  if not host.mac then
    return nil, "a MAC address is not one"
  end
  return host
end

-- A stream, or nil and what is wrong. A message repeats no field: any of them may be the key.
local function parse_line(line)
  local fields = {}
  for field in line:gmatch("%S+") do
    fields[#fields + 1] = field
  end
  if #fields < 5 then
    return nil, "fields are missing: " .. FORM
  end
  local hosts = {}
  for i = 1, 2 do
    local host, problem = parse_host(fields[2 * i - 1], fields[2 * i])
    if not host then
      return nil, problem .. ": " .. FORM
    end
    hosts[i] = host
  end
  local key = host_address.from_hex(fields[5])
  if not key or #key < 16 or #key > 64 then
    return nil, "the key is not 16 to 64 bytes in hexadecimal"
  end
  local stream = { hosts = hosts, key = key, rotation = 10, hash = host_address.hashes.sha256,
                   base_port = 19766, epoch = 0, name = fields[1] .. "-" .. fields[3] }
  for i = 6, #fields do
    local option, value = fields[i]:match("^([%w_.]+)=(.+)$")
    if not option then
      return nil, "field " .. i .. " is not option=value"
    end
    local known = OPTIONS[option]
    if known then
      stream[option] = known.read(value)
      if not stream[option] then
        return nil, "the value of " .. option .. " is not one: write " .. known.form
      end
    end
  end
  hosts[1].prefix, hosts[2].prefix = stream.local_prefix, stream.remote_prefix
  stream.lifetime = stream.lifetime or DEFAULT_LIFETIME * stream.rotation
  if not lives_whole_rotations(stream) then
    return nil, "the lifetime is not one: write 2 to 256 times the rotation, of " .. stream.rotation .. "s"
  end
  return stream
end

-- Streams, and the problems there were, as sentences that begin with file and line.
return function(path)
  local streams, problems = {}, {}
  local file, reason = io.open(path, "r")
  if not file then
    return streams, { "key file " .. reason }
  end
  local number = 0
  for line in file:lines() do
    number = number + 1
    if line:match("%S") and not line:match("^%s*#") then
      local stream, problem = parse_line(line)
      if stream then
        streams[#streams + 1] = stream
      else
        problems[#problems + 1] = path .. ":" .. number .. ": " .. problem
      end
    end
  end
  file:close()
  return streams, problems
end
