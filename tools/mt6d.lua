-- SPDX-License-Identifier: BSD-3-Clause
-- MT6D for Wireshark and tshark: docs/dissector.md says how to install and use it.
--
-- Wireshark's own dissectors read Ethernet, IPv6 and UDP. This one is called for UDP ports of MT6D,
-- looks at the destination options before them, and hands the inner packet back to IPv6's.
set_plugin_info({ version = "1", description = "Moving Target IPv6 Defense", spdx_id = "BSD-3-Clause" })

local inner = require("mt6d.inner")
local key_message = require("mt6d.key_message")
local make_names = require("mt6d.fields")
local options = require("mt6d.options")
local outer_of = require("mt6d.outer")
local Packet = require("mt6d.packet")
local payload = require("mt6d.payload")
local ports = require("mt6d.ports")
local read_key_file = require("mt6d.key_file")
local Routes = require("mt6d.routes")

local FIRST_SOURCE_PORT = 0xc000 -- docs/protocol.md, section 4

local mt6d = Proto("mt6d", "Moving Target IPv6 Defense")
local names = make_names(mt6d)
mt6d.prefs.base_ports =
  Pref.range("Base UDP ports", ports.DEFAULT, "Of the streams; the three ports after each are used too",
             65532)
mt6d.prefs.key_file =
  Pref.string("Key file", "", "Path of a file of session keys, as docs/dissector.md describes it")

local routes = Routes.new({})
local problems = {}
local listening = ports.new(mt6d)

local function read_preferences()
  local streams
  streams, problems = {}, {}
  if mt6d.prefs.key_file ~= "" then
    streams, problems = read_key_file(mt6d.prefs.key_file)
  end
  routes = Routes.new(streams)
  listening:set(mt6d.prefs.base_ports, streams)
end

mt6d.prefs_changed = read_preferences
mt6d.init = read_preferences -- a new capture: the key file may have grown

-- Other UDP uses these ports too. MT6D's has its options, or comes from one of its source ports.
local function is_tunnel(outer, route, pinfo)
  return route or options.are_ours(outer.options) or pinfo.src_port >= FIRST_SOURCE_PORT
end

local function show_route(packet)
  local tree, field, route = packet.tree, packet.field, packet.route
  local hosts = route.stream.hosts
  tree:append_text(", stream " .. route.stream.name)
  packet:add_generated(tree, field.stream, route.stream.name)
  packet:add_generated(tree, field.sender, Address.ipv6(hosts[route.sender].text))
  packet:add_generated(tree, field.receiver, Address.ipv6(hosts[route.receiver].text))
  packet:add_generated(tree, field.salt, UInt64(route.salt % 2 ^ 32, math.floor(route.salt / 2 ^ 32)))
  packet:add_generated(tree, field.epoch, route.stream.epoch)
end

local function show_key_state(packet)
  local states = listening:key_states(packet.pinfo.dst_port, packet.route)
  local base_port, state = next(states)
  if not base_port then
    packet:malformed(packet.tree, "udp_port")
  elseif next(states, base_port) then
    packet.tree:add_proto_expert_info(names.expert.key_state_unclear)
  else
    packet:add_generated(packet.tree, packet.field.key_state, state)
  end
end

local function show_problems(packet)
  for _, problem in ipairs(problems) do
    packet.tree:add_proto_expert_info(names.expert.key_file, problem)
  end
end

local function show_content(packet)
  local clear = payload(packet)
  if not clear then
    if packet.encryption then
      packet:set_info("Encrypted, " .. packet.tvb:reported_len() .. " bytes")
    end
  elseif not inner.is_control(clear) then
    return inner.show(packet, clear)
  elseif not packet.key_option then
    return key_message.show_keepalive(packet)
  end
  -- An encrypted packet with a key option is a control packet, or will be refused.
  if packet.key_option then
    key_message.show(packet)
  end
end

function mt6d.dissector(tvb, pinfo, root)
  local outer = listening:has(pinfo.dst_port) and outer_of(tvb)
  if not outer then
    return 0
  end
  local route = routes:find(outer.source, outer.destination, math.floor(pinfo.abs_ts))
  if not is_tunnel(outer, route, pinfo) then
    return 0
  end
  pinfo.cols.protocol:set("MT6D")
  local tree = root:add(mt6d, tvb())
  local packet = Packet.new(names, tvb, pinfo, tree, root, outer, route)
  packet:set_info("Malformed")
  show_problems(packet)
  if route then
    show_route(packet)
  end
  show_key_state(packet)
  if outer.misplaced then
    packet:malformed(tree, "extension_header")
  end
  if not outer.options or options.read(packet) then
    show_content(packet)
  end
  return tvb:len()
end
