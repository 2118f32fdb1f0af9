-- SPDX-License-Identifier: BSD-3-Clause
-- All that can be filtered for (docs/dissector.md lists it), and what can be wrong with a packet.
local wire = require("mt6d.wire")

-- Named as the gateway's drop reasons are (docs/counters.md).
local PROBLEMS = {
  cipher_malformed = "The encrypted payload's length, padding or number is impossible",
  cipher_mismatch = "The encryption option names no known algorithm",
  cipher_tag = "The tag is wrong: changed on the way, or sealed with another key",
  extension_header = "An extension header other than one of destination options",
  inner_length = "The inner payload length does not match what is there",
  inner_truncated = "The payload is shorter than an inner header",
  inner_version = "The inner packet's version is not 6",
  key_mac = "The key exchange message's mac is wrong",
  key_malformed = "The key option holds no message of key exchange",
  key_option_misplaced = "A key option outside a control packet",
  option_repeated = "The destination options hold an option twice",
  option_unknown = "The destination options hold an unknown option",
  options_malformed = "The destination options are not well formed",
  udp_port = "The UDP destination port is none of the stream's",
}

local function make_fields()
  return {
    malformed = ProtoField.string("mt6d.malformed", "Malformed"),
    -- With a key file.
    stream = ProtoField.string("mt6d.stream", "Stream"),
    sender = ProtoField.ipv6("mt6d.sender", "Sending host"),
    receiver = ProtoField.ipv6("mt6d.receiver", "Receiving host"),
    salt = ProtoField.uint64("mt6d.salt", "Salt"),
    epoch = ProtoField.uint32("mt6d.epoch", "Epoch of the key"),
    -- Of every tunnel packet.
    key_state = ProtoField.uint16("mt6d.key_state", "Sender's key state", base.DEC, wire.KEY_STATES),
    cipher = ProtoField.uint8("mt6d.cipher", "Cipher", base.DEC, wire.CIPHERS),
    option = ProtoField.none("mt6d.option", "Option"),
    option_type = ProtoField.uint8("mt6d.option.type", "Type", base.HEX, wire.OPTIONS),
    option_length = ProtoField.uint8("mt6d.option.length", "Length"),
    option_algorithm = ProtoField.uint8("mt6d.option.algorithm", "Algorithm", base.DEC, wire.CIPHERS, 0xf0),
    option_pad = ProtoField.uint8("mt6d.option.pad", "Pad", base.DEC, nil, 0x0f),
    option_number = ProtoField.uint24("mt6d.option.number", "Number"),
    option_data = ProtoField.bytes("mt6d.option.data", "Data"),
    number = ProtoField.uint64("mt6d.number", "Packet number"),
    ciphertext = ProtoField.bytes("mt6d.ciphertext", "Ciphertext"),
    tag = ProtoField.bytes("mt6d.tag", "Tag"),
    opened = ProtoField.bool("mt6d.opened", "Opened with the key file"),
    -- Of what is in the clear, or was opened.
    inner = ProtoField.none("mt6d.inner", "Inner header, without addresses"),
    inner_version = ProtoField.uint8("mt6d.inner.version", "Version", base.DEC, nil, 0xf0),
    inner_class = ProtoField.uint16("mt6d.inner.class", "Traffic class", base.HEX, nil, 0x0ff0),
    inner_label = ProtoField.uint24("mt6d.inner.flow_label", "Flow label", base.HEX, nil, 0x0fffff),
    inner_length = ProtoField.uint16("mt6d.inner.length", "Payload length"),
    inner_next = ProtoField.uint8("mt6d.inner.next_header", "Next header"),
    inner_hop = ProtoField.uint8("mt6d.inner.hop_limit", "Hop limit"),
    inner_payload = ProtoField.bytes("mt6d.inner.payload", "Payload"),
    inner_packet = ProtoField.bytes("mt6d.inner.packet", "Inner packet, with its addresses"),
    -- Of control packets.
    control = ProtoField.none("mt6d.control", "Control packet"),
    control_type = ProtoField.uint8("mt6d.control.type", "Type", base.DEC, wire.CONTROLS),
    control_kind = ProtoField.uint8("mt6d.control.kind", "Key exchange", base.DEC, wire.KINDS),
    control_epoch = ProtoField.uint32("mt6d.control.epoch", "Epoch offered"),
    control_change = ProtoField.absolute_time("mt6d.control.change_time", "Change time", base.UTC),
    control_wrapped = ProtoField.bytes("mt6d.control.wrapped_key", "Wrapped key"),
    control_public = ProtoField.bytes("mt6d.control.public_key", "Public key"),
    control_mac = ProtoField.bytes("mt6d.control.mac", "Mac"),
    control_mac_right = ProtoField.bool("mt6d.control.mac_right", "Mac is right"),
  }
end

local function make_experts()
  local experts = {}
  for reason, sentence in pairs(PROBLEMS) do
    experts[reason] = ProtoExpert.new("mt6d.malformed." .. reason, sentence, expert.group.MALFORMED,
                                      expert.severity.ERROR)
  end
  -- No fault of the packet's.
  experts.key_file = ProtoExpert.new("mt6d.key_file", "Key file", expert.group.UNDECODED,
                                     expert.severity.WARN)
  experts.key_state_unclear =
    ProtoExpert.new("mt6d.key_state_unclear", "The UDP port is near several base ports: which key state "
                    .. "it means, the stream's line in a key file says", expert.group.UNDECODED,
                    expert.severity.NOTE)
  experts.cut = ProtoExpert.new("mt6d.cut", "The capture does not hold the whole packet",
                                expert.group.UNDECODED, expert.severity.NOTE)
  return experts
end

-- Once for the protocol: Wireshark wants all of them before the first packet.
return function(protocol)
  local fields, experts = make_fields(), make_experts()
  protocol.fields = fields
  protocol.experts = experts
  return { field = fields, expert = experts, sentence = PROBLEMS }
end
