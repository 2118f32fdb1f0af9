-- SPDX-License-Identifier: BSD-3-Clause
-- The destination options of a tunnel packet (docs/protocol.md, section 6).
local wire = require("mt6d.wire")

local PAD1, PADN, KEY, ENCRYPTION = 0x00, 0x01, 0xcc, 0xdb
local ENCRYPTION_LENGTH = 4

local options = {}

-- Whether one of MT6D's stands at the beginning: padding before it is allowed, and not made.
function options.are_ours(header)
  local first = header and header:len() > 2 and header(2, 1):uint()
  return first == KEY or first == ENCRYPTION
end

-- Each of these returns whether the data have the option's form. data: nil, if there are none.

local function read_encryption(packet, item, data)
  if not data or data:len() ~= ENCRYPTION_LENGTH then
    return false
  end
  item:add(packet.field.option_algorithm, data(0, 1))
  item:add(packet.field.option_pad, data(0, 1))
  item:add(packet.field.option_number, data(1, 3))
  if packet.encryption then
    packet:malformed(item, "option_repeated")
    return true
  end
  packet.encryption = { algorithm = data(0, 1):bitfield(0, 4), pad = data(0, 1):bitfield(4, 4),
                        number = data(1, 3):uint(), data = data:raw() }
  if packet.encryption.algorithm ~= 1 and packet.encryption.algorithm ~= 2 then
    packet:malformed(item, "cipher_mismatch")
  end
  return true
end

local function read_key(packet, item, data)
  if packet.key_option then
    packet:malformed(item, "option_repeated")
  elseif data then
    packet.key_option, packet.key_item = data, item
  else
    packet:malformed(item, "key_malformed")
  end
  return true
end

local function read_other(packet, item, data, kind)
  if data then
    item:add(packet.field.option_data, data)
  end
  if kind ~= PADN then
    packet:malformed(item, "option_unknown")
  end
  return true
end

local READERS = { [ENCRYPTION] = read_encryption, [KEY] = read_key }

-- Bytes of the option at `at`, or more than there are, if it is cut off.
local function size_at(header, at)
  if header(at, 1):uint() == PAD1 then
    return 1
  end
  return at + 2 <= header:len() and 2 + header(at + 1, 1):uint() or header:len()
end

local function read_option(packet, whole)
  local item = packet.tree:add(packet.field.option, whole)
  local kind = whole(0, 1):uint()
  item:append_text(": " .. (wire.OPTIONS[kind] or "unknown"))
  item:add(packet.field.option_type, whole(0, 1))
  if kind == PAD1 then
    return true
  end
  item:add(packet.field.option_length, whole(1, 1))
  local data
  if whole:len() > 2 then
    data = whole(2)
  end
  if not (READERS[kind] or read_other)(packet, item, data, kind) then
    packet:malformed(item, "options_malformed")
    return false
  end
  return true
end

-- Of the header that outer.lua found. Returns whether it is well formed: else nobody can say what the
-- payload is.
function options.read(packet)
  local header = packet.outer.options
  local at, length = 2, header:len()
  while at < length do
    local size = size_at(header, at)
    if at + size > length then
      packet:malformed(packet.tree:add(packet.field.option, header(at)), "options_malformed")
      return false
    end
    if not read_option(packet, header(at, size)) then
      return false
    end
    at = at + size
  end
  return true
end

return options
