-- SPDX-License-Identifier: BSD-3-Clause
-- What numbers on the wire mean (docs/protocol.md, sections 6 and 9).
return {
  CIPHERS = { [0] = "none", [1] = "aes-256-cbc (legacy)", [2] = "aes-256-gcm" },
  KEY_STATES = { [0] = "idle", [1] = "offering", [2] = "accepted", [3] = "confirming" },
  OPTIONS = { [0x00] = "Pad1", [0x01] = "PadN", [0xcc] = "key exchange", [0xdb] = "encryption" },
  -- A keep-alive is a control packet without a message of key exchange.
  CONTROLS = { [0] = "keep-alive", [1] = "offer", [2] = "accept", [3] = "confirm" },
  KINDS = { [1] = "wrap", [2] = "x25519" },
}
