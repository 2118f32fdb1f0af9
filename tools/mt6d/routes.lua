-- SPDX-License-Identifier: BSD-3-Clause
-- Which stream a pair of outer addresses belongs to at a time: docs/protocol.md, sections 3 and 4.
local host_address = require("mt6d.host_address")

-- Salts whose addresses are kept beside those that are live. A capture is read from its beginning to
-- its end.
local KEPT = 64

-- The live salts, counted from the active one (docs/protocol.md, section 3). That one first, and then
-- those of packets on their way at a rotation, or of a clock that is off.
local function live_offsets(lifetime, rotation)
  local offsets = { 0, -1, 1 }
  for behind = 2, lifetime / rotation - 1 do
    offsets[#offsets + 1] = -behind
  end
  return offsets
end

local function salt_at(time, rotation, offset)
  local step = rotation >= 10 and 10 or 1
  return math.floor((time - time % step) / rotation) + offset
end

local Routes = {}
Routes.__index = Routes

-- Streams with the same salts at the same time are looked for together.
function Routes.new(streams)
  local groups, kept = {}, KEPT
  for _, stream in ipairs(streams) do
    local name = stream.rotation .. "/" .. stream.lifetime
    if not groups[name] then
      groups[name] = { name = name, rotation = stream.rotation, streams = {},
                       offsets = live_offsets(stream.lifetime, stream.rotation) }
      kept = kept + #groups[name].offsets
    end
    table.insert(groups[name].streams, stream)
  end
  return setmetatable({ groups = groups, tables = {}, count = 0, kept = kept }, Routes)
end

-- {source .. destination: route} of all streams of a group, both directions.
local function table_of(streams, salt)
  local routes = {}
  for _, stream in ipairs(streams) do
    local hashed = {}
    for i = 1, 2 do
      hashed[i] = host_address.hashed(stream.hosts[i], stream.key, salt, stream.hash)
    end
    for i = 1, 2 do
      routes[hashed[i] .. hashed[3 - i]] =
        { stream = stream, sender = i, receiver = 3 - i, salt = salt }
    end
  end
  return routes
end

function Routes:at(group, salt)
  local name = group.name .. "/" .. salt
  if not self.tables[name] then
    if self.count == self.kept then
      self.tables, self.count = {}, 0
    end
    self.tables[name] = table_of(group.streams, salt)
    self.count = self.count + 1
  end
  return self.tables[name]
end

-- source, destination: 16 bytes each; time: Unix seconds. A route, or nil.
function Routes:find(source, destination, time)
  local pair = source .. destination
  for _, group in pairs(self.groups) do
    for _, offset in ipairs(group.offsets) do
      local salt = salt_at(time, group.rotation, offset)
      local route = salt >= 0 and self:at(group, salt)[pair]
      if route then
        return route
      end
    end
  end
  return nil
end

return Routes
