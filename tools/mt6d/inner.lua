-- SPDX-License-Identifier: BSD-3-Clause
-- The inner packet as `clear` holds it (docs/protocol.md, section 6): a control packet, or a host's.
local HEADER = 8
local CONTROL = "\96\0\0\0\0\0\59\0" -- version 6, length 0, next header 59, hop limit 0

local ipv6 = Dissector.get("ipv6")

local inner = {}

local function show_header(packet, clear)
  local field = packet.field
  local tree = packet.tree:add(field.inner, clear(0, HEADER))
  local version = tree:add(field.inner_version, clear(0, 1))
  tree:add(field.inner_class, clear(0, 2))
  tree:add(field.inner_label, clear(1, 3))
  local length = tree:add(field.inner_length, clear(4, 2))
  tree:add(field.inner_next, clear(6, 1))
  tree:add(field.inner_hop, clear(7, 1))
  return version, length
end

-- The tvb without an inner packet's addresses gets those that the stream says.
local function show_packet(packet, clear)
  local hosts, route = packet.route.stream.hosts, packet.route
  local bytes = clear(0, HEADER):raw() .. hosts[route.sender].address .. hosts[route.receiver].address
  if clear:len() > HEADER then
    bytes = bytes .. clear(HEADER):raw()
  end
  local whole = ByteArray.new(bytes, true):tvb("MT6D, inner packet")
  packet.tree:add(packet.field.inner_packet, whole())
  -- What is malformed further in, Wireshark has said itself when it raises this.
  pcall(ipv6.call, ipv6, whole, packet.pinfo, packet.root)
end

function inner.is_control(clear)
  return clear:len() >= HEADER and clear(0, HEADER):raw() == CONTROL and clear:reported_len() == HEADER
end

-- Whether it is what an inner packet or a control packet has to be, at its beginning.
function inner.fits(clear)
  return clear:len() >= HEADER and clear(0, 1):bitfield(0, 4) == 6
         and clear(4, 2):uint() == clear:reported_len() - HEADER
end

-- clear: a tvb that is not empty.
function inner.show(packet, clear)
  if clear:len() < HEADER then
    if clear:len() == clear:reported_len() then
      packet:malformed(packet.tree, "inner_truncated")
    end
    return
  end
  local version, length = show_header(packet, clear)
  if clear(0, 1):bitfield(0, 4) ~= 6 then
    return packet:malformed(version, "inner_version")
  end
  if clear(4, 2):uint() ~= clear:reported_len() - HEADER then
    return packet:malformed(length, "inner_length")
  end
  if packet.key_option then
    packet:malformed(packet.key_item, "key_option_misplaced")
  end
  if packet.route then
    return show_packet(packet, clear)
  end
  if clear:len() > HEADER then
    packet.tree:add(packet.field.inner_payload, clear(HEADER))
  end
  packet:set_info("Host's packet, next header " .. clear(6, 1):uint() .. ", " .. clear:reported_len() - HEADER
                  .. " bytes")
end

return inner
