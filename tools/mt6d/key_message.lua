-- SPDX-License-Identifier: BSD-3-Clause
-- Control packets and the messages of key exchange in them (docs/protocol.md, section 9).
local hkdf = require("mt6d.hkdf")
local stream_keys = require("mt6d.stream_keys")
local wire = require("mt6d.wire")

local WRAP, X25519 = 1, 2
local OFFER, ACCEPT, CONFIRM = 1, 2, 3
local HEADER, MAC = 10, 16
local WRAPPED_KEY, PUBLIC_KEY = 72, 32
local BODIES = {
  [WRAP] = { [OFFER] = WRAPPED_KEY, [ACCEPT] = 0, [CONFIRM] = 0 },
  [X25519] = { [OFFER] = PUBLIC_KEY, [ACCEPT] = PUBLIC_KEY, [CONFIRM] = 0 },
}

-- Only an offer's is made with a key that the packet's own route is under: the others' needs the new
-- one, which x25519 shows nobody.
local function check_mac(packet, item, data, message)
  if not packet.route or message ~= OFFER then
    return
  end
  local before = data(0, data:len() - MAC):raw()
  local right = hkdf.hmac(stream_keys.message_mac(packet.route), before):sub(1, MAC)
                == data(data:len() - MAC, MAC):raw()
  packet:add_generated(item, packet.field.control_mac_right, right)
  if not right then
    packet:malformed(item, "key_mac")
  end
end

local function show_body(packet, item, data, kind, size)
  if size > 0 then
    local field = kind == WRAP and packet.field.control_wrapped or packet.field.control_public
    item:add(field, data(HEADER, size))
  end
end

local key_message = {}

-- Of the key option that packet.key_option holds.
function key_message.show(packet)
  local data, field = packet.key_option, packet.field
  local item = packet.tree:add(field.control, data)
  if data:len() < HEADER + MAC then
    return packet:malformed(item, "key_malformed")
  end
  local kind, message = data(0, 1):uint(), data(1, 1):uint()
  item:add(field.control_kind, data(0, 1))
  item:add(field.control_type, data(1, 1))
  item:add(field.control_epoch, data(2, 4))
  item:add(field.control_change, data(6, 4))
  local size = BODIES[kind] and BODIES[kind][message]
  if not size or data:len() ~= HEADER + size + MAC then
    return packet:malformed(item, "key_malformed")
  end
  show_body(packet, item, data, kind, size)
  item:add(field.control_mac, data(HEADER + size, MAC))
  check_mac(packet, item, data, message)
  local text = "Key exchange (%s): %s of epoch %d"
  packet:set_info(text:format(wire.KINDS[kind], wire.CONTROLS[message], data(2, 4):uint()))
end

-- A control packet without a key option.
function key_message.show_keepalive(packet)
  local item = packet.tree:add(packet.field.control)
  packet:add_generated(item, packet.field.control_type, 0)
  packet:set_info("Keep-alive")
end

return key_message
