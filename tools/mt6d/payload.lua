-- SPDX-License-Identifier: BSD-3-Clause
-- A tunnel packet's payload (docs/protocol.md, section 6): what is encrypted is opened, where the key
-- file has the key.
local inner = require("mt6d.inner")
local stream_keys = require("mt6d.stream_keys")

local CBC, GCM = 1, 2
local NUMBER, TAG, BLOCK, CLEAR_HEADER = 8, 16, 16, 8

local function as_tvb(bytes, name)
  return ByteArray.new(bytes, true):tvb(name)
end

-- Each of the two shows what there is to see, and returns the clear text's tvb or nil.

local function open_gcm(packet)
  local tvb, tree, field, option = packet.tvb, packet.tree, packet.field, packet.encryption
  if tvb:len() < NUMBER + CLEAR_HEADER + TAG then
    packet:malformed(tree, "cipher_malformed")
    return nil
  end
  local number = tvb(0, NUMBER)
  local ciphertext = tvb(NUMBER, tvb:len() - NUMBER - TAG)
  local tag = tvb(tvb:len() - TAG, TAG)
  local number_item = tree:add(field.number, number)
  tree:add(field.ciphertext, ciphertext)
  local tag_item = tree:add(field.tag, tag)
  if number(5, 3):uint() ~= option.number or option.pad ~= 0 then
    packet:malformed(number_item, "cipher_malformed")
    return nil
  end
  if not packet.route then
    return nil
  end
  local additional = option.data .. packet.outer.source .. packet.outer.destination
  local clear, right = stream_keys.gcm(packet.route)(number:raw(), ciphertext:raw(), tag:raw(), additional)
  packet:add_generated(tree, field.opened, right)
  if not right then
    packet:malformed(tag_item, "cipher_tag")
    return nil
  end
  return as_tvb(clear, "MT6D, decrypted")
end

local function open_cbc(packet)
  local tvb, tree, field, option = packet.tvb, packet.tree, packet.field, packet.encryption
  local item = tree:add(field.ciphertext, tvb())
  if tvb:len() % BLOCK ~= 0 then
    packet:malformed(item, "cipher_malformed")
    return nil
  end
  if not packet.route then
    return nil
  end
  local clear = stream_keys.cbc(packet.route)(packet.route.salt, option.data:sub(2), tvb:raw())
  local clear_tvb = as_tvb(clear:sub(1, #clear - option.pad), "MT6D, decrypted")
  -- No tag says whether that was the right key; inner.show says what does not fit.
  packet:add_generated(tree, field.opened, inner.fits(clear_tvb))
  return clear_tvb
end

-- The clear text's tvb, or nil where there is none to see.
return function(packet)
  local algorithm = packet.encryption and packet.encryption.algorithm or 0
  packet:add_generated(packet.tree, packet.field.cipher, algorithm)
  if packet.tvb:len() < packet.tvb:reported_len() then
    packet.tree:add_proto_expert_info(packet.names.expert.cut)
    packet:set_info("Cut off by the capture")
    if packet.encryption or packet.tvb:len() == 0 then
      return nil
    end
  end
  if not packet.encryption then
    return packet.tvb
  end
  if algorithm == GCM then
    return open_gcm(packet)
  elseif algorithm == CBC then
    return open_cbc(packet)
  end
  return nil
end
