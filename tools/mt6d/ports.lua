-- SPDX-License-Identifier: BSD-3-Clause
-- The UDP ports that belong to MT6D: each base port and the three after it, one for each key state
-- (docs/protocol.md, section 9).
local KEY_STATES = 4

local Ports = { DEFAULT = "19766" }
Ports.__index = Ports

function Ports.new(protocol)
  local self = { protocol = protocol, udp = DissectorTable.get("udp.port"), states = {} }
  return setmetatable(self, Ports)
end

-- bases: as the preference has them, "19766,20000-20010"; streams: of the key file.
function Ports:set(bases, streams)
  for port in pairs(self.states) do
    self.udp:remove(port, self.protocol)
  end
  self.states = {}
  for first, dash, last in bases:gmatch("(%d+)(%-?)(%d*)") do
    local from = tonumber(first)
    for base_port = from, dash == "-" and tonumber(last) or from do
      self:add(base_port)
    end
  end
  for _, stream in ipairs(streams) do
    self:add(stream.base_port)
  end
end

function Ports:add(base_port)
  for state = 0, KEY_STATES - 1 do
    local port = base_port + state
    if not self.states[port] then
      self.udp:add(port, self.protocol)
      self.states[port] = {}
    end
    self.states[port][base_port] = state
  end
end

function Ports:has(port)
  return self.states[port] ~= nil
end

-- What a packet to this port can be, {base port: key state}: of the stream that its route names,
-- nothing if that has other ports; without one, of each base port that is near enough.
function Ports:key_states(port, route)
  if not route then
    return self.states[port]
  end
  local base_port = route.stream.base_port
  return { [base_port] = (self.states[port] or {})[base_port] }
end

return Ports
