-- SPDX-License-Identifier: BSD-3-Clause
-- GHASH (NIST SP 800-38D, 6.4), four bits at a time.
local band, bor, bxor = bit32.band, bit32.bor, bit32.bxor
local lshift, rshift = bit32.lshift, bit32.rshift
local words = require("mt6d.words")

-- The four bits that fall off the end, times x^128.
local REDUCTION = {}
for bits = 0, 15 do
  local sum = 0
  for i = 0, 3 do
    if band(bits, lshift(1, i)) ~= 0 then
      sum = bxor(sum, lshift(0x1c20, i))
    end
  end
  REDUCTION[bits] = lshift(sum, 16)
end

local function halved(z)
  local carry = band(z[4], 1) ~= 0 and 0xe1000000 or 0
  return { bxor(rshift(z[1], 1), carry), bor(rshift(z[2], 1), lshift(z[1], 31)),
           bor(rshift(z[3], 1), lshift(z[2], 31)), bor(rshift(z[4], 1), lshift(z[3], 31)) }
end

local Ghash = {}
Ghash.__index = Ghash

-- The hash subkey's four words.
function Ghash.new(a, b, c, d)
  local multiples = { [0] = { 0, 0, 0, 0 } }
  local one = { a, b, c, d }
  for _, index in ipairs({ 8, 4, 2, 1 }) do
    multiples[index] = one
    one = halved(one)
  end
  for index = 3, 15 do
    if not multiples[index] then
      local highest = index >= 8 and 8 or (index >= 4 and 4 or 2)
      local x, y = multiples[highest], multiples[index - highest]
      multiples[index] = { bxor(x[1], y[1]), bxor(x[2], y[2]), bxor(x[3], y[3]), bxor(x[4], y[4]) }
    end
  end
  return setmetatable({ multiples = multiples }, Ghash)
end

-- A block times the subkey.
function Ghash:times(y)
  local multiples = self.multiples
  local z1, z2, z3, z4 = 0, 0, 0, 0
  for word = 4, 1, -1 do
    local bits = y[word]
    for shift = 0, 28, 4 do
      local out = band(z4, 15)
      local m = multiples[band(rshift(bits, shift), 15)]
      z4 = bxor(bor(rshift(z4, 4), lshift(z3, 28)), m[4])
      z3 = bxor(bor(rshift(z3, 4), lshift(z2, 28)), m[3])
      z2 = bxor(bor(rshift(z2, 4), lshift(z1, 28)), m[2])
      z1 = bxor(rshift(z1, 4), REDUCTION[out], m[1])
    end
  end
  return { z1, z2, z3, z4 }
end

local function to_blocks(text)
  return text .. ("\0"):rep(-#text % 16)
end

-- Of additional data and ciphertext: four words.
function Ghash:of(additional, ciphertext)
  local text = to_blocks(additional) .. to_blocks(ciphertext) .. words.pack64(8 * #additional)
               .. words.pack64(8 * #ciphertext)
  local y = { 0, 0, 0, 0 }
  for at = 1, #text, 16 do
    for i = 1, 4 do
      y[i] = bxor(y[i], words.unpack(text, at + 4 * (i - 1)))
    end
    y = self:times(y)
  end
  return y
end

return Ghash
