-- SPDX-License-Identifier: BSD-3-Clause
-- Big-endian words of 32 bits in strings, as hashes and ciphers take them.
local band, rshift = bit32.band, bit32.rshift

local words = {}

function words.pack(word)
  return string.char(band(rshift(word, 24), 255), band(rshift(word, 16), 255),
                     band(rshift(word, 8), 255), band(word, 255))
end

function words.unpack(text, at)
  local a, b, c, d = text:byte(at, at + 3)
  return ((a * 256 + b) * 256 + c) * 256 + d
end

-- A whole number below 2^53, as 8 bytes.
function words.pack64(number)
  return words.pack(math.floor(number / 2 ^ 32)) .. words.pack(number % 2 ^ 32)
end

-- A message as SHA-2 hashes it: a one bit, zeros, its length in bits at the end of a block.
function words.padded(message, block, length_size)
  local zeros = (-1 - #message - length_size) % block + length_size - 8
  return message .. "\128" .. ("\0"):rep(zeros) .. words.pack64(#message * 8)
end

return words
