-- SPDX-License-Identifier: BSD-3-Clause
-- One tunnel packet while it is dissected: what Wireshark gave, and what has been found out.
local Packet = {}
Packet.__index = Packet

-- names: what fields.lua made; tvb: the UDP payload; tree: where the protocol's items go; root: where
-- the inner packet goes; outer: see outer.lua; route: of routes.lua, or nil.
function Packet.new(names, tvb, pinfo, tree, root, outer, route)
  return setmetatable({
    names = names, field = names.field, tvb = tvb, pinfo = pinfo, tree = tree, root = root,
    outer = outer, route = route,
    encryption = nil, -- of the option: algorithm, pad, number and its four bytes
    key_option = nil, -- its data, a range
  }, Packet)
end

-- Says at `item` that the gateway would drop the packet, and why.
function Packet:malformed(item, reason)
  item:add_proto_expert_info(self.names.expert[reason])
  self.tree:add(self.field.malformed, reason):set_generated()
end

-- What was computed, not read.
function Packet:add_generated(tree, field, value)
  return tree:add(field, value):set_generated()
end

function Packet:set_info(text)
  local name = self.route and self.route.stream.name .. ": " or ""
  self.pinfo.cols.info:set(name .. text)
end

return Packet
