-- SPDX-License-Identifier: BSD-3-Clause
-- AES-256 (FIPS 197), one block at a time: four words in, four words out. The rounds are lookups in
-- tables that hold SubBytes and MixColumns in one.
local band, bor, bxor, extract = bit32.band, bit32.bor, bit32.bxor, bit32.extract
local lshift, rrotate = bit32.lshift, bit32.rrotate
local words = require("mt6d.words")

local ROUNDS = 14

-- In the field of 256 elements that AES computes in.
local function doubled(x)
  local twice = x * 2
  return twice > 255 and bxor(twice, 0x11b) or twice
end

local function times(x, factor)
  local sum = 0
  while factor > 0 do
    if factor % 2 == 1 then
      sum = bxor(sum, x)
    end
    x, factor = doubled(x), math.floor(factor / 2)
  end
  return sum
end

-- S-box and its inverse: x to the power of 254 is the reciprocal; then the affine map. The powers
-- of 3 are all elements but 0.
local sbox, inverse_sbox = {}, {}
do
  local power, logarithm, x = {}, {}, 1
  for i = 0, 254 do
    power[i], logarithm[x] = x, i
    x = bxor(x, doubled(x))
  end
  for value = 0, 255 do
    local r = value == 0 and 0 or power[(255 - logarithm[value]) % 255]
    local repeated = r * 0x101
    local mapped = bxor(r, extract(repeated, 4, 8), extract(repeated, 5, 8), extract(repeated, 6, 8),
                        extract(repeated, 7, 8), 0x63)
    sbox[value], inverse_sbox[mapped] = mapped, value
  end
end

-- Four tables, one for each byte of a column, of a box's value times four factors.
local function round_tables(box, factors)
  local tables = { {}, {}, {}, {} }
  for value = 0, 255 do
    local column = 0
    for _, factor in ipairs(factors) do
      column = bor(lshift(column, 8), times(box[value], factor))
    end
    for i = 1, 4 do
      tables[i][value] = rrotate(column, 8 * (i - 1))
    end
  end
  return tables
end

local E1, E2, E3, E4
local D1, D2, D3, D4
do
  local e = round_tables(sbox, { 2, 1, 1, 3 })
  local d = round_tables(inverse_sbox, { 14, 9, 13, 11 })
  E1, E2, E3, E4 = e[1], e[2], e[3], e[4]
  D1, D2, D3, D4 = d[1], d[2], d[3], d[4]
end

local function substituted(word)
  return bor(lshift(sbox[extract(word, 24, 8)], 24), lshift(sbox[extract(word, 16, 8)], 16),
             lshift(sbox[extract(word, 8, 8)], 8), sbox[band(word, 255)])
end

local function expanded(key)
  local w, constant = {}, 1
  for i = 1, 8 do
    w[i] = words.unpack(key, 4 * i - 3)
  end
  for i = 9, 4 * (ROUNDS + 1) do
    local previous = w[i - 1]
    if i % 8 == 1 then
      previous = bxor(substituted(rrotate(previous, 24)), lshift(constant, 24))
      constant = doubled(constant)
    elseif i % 8 == 5 then
      previous = substituted(previous)
    end
    w[i] = bxor(w[i - 8], previous)
  end
  return w
end

-- For the equivalent inverse cipher (FIPS 197, 5.3.5): the last round's words first, MixColumns
-- undone in all but the outer two.
local function inverted(w)
  local result = {}
  for round = 0, ROUNDS do
    for i = 1, 4 do
      local word = w[4 * (ROUNDS - round) + i]
      if round > 0 and round < ROUNDS then
        word = bxor(D1[sbox[extract(word, 24, 8)]], D2[sbox[extract(word, 16, 8)]],
                    D3[sbox[extract(word, 8, 8)]], D4[sbox[band(word, 255)]])
      end
      result[4 * round + i] = word
    end
  end
  return result
end

local Aes = {}
Aes.__index = Aes

-- key: 32 bytes.
function Aes.new(key)
  local encryption = expanded(key)
  return setmetatable({ encryption = encryption, decryption = inverted(encryption) }, Aes)
end

function Aes:encrypt(a, b, c, d)
  local k = self.encryption
  a, b, c, d = bxor(a, k[1]), bxor(b, k[2]), bxor(c, k[3]), bxor(d, k[4])
  for i = 5, 4 * ROUNDS, 4 do
    a, b, c, d =
      bxor(E1[extract(a, 24, 8)], E2[extract(b, 16, 8)], E3[extract(c, 8, 8)], E4[band(d, 255)], k[i]),
      bxor(E1[extract(b, 24, 8)], E2[extract(c, 16, 8)], E3[extract(d, 8, 8)], E4[band(a, 255)], k[i + 1]),
      bxor(E1[extract(c, 24, 8)], E2[extract(d, 16, 8)], E3[extract(a, 8, 8)], E4[band(b, 255)], k[i + 2]),
      bxor(E1[extract(d, 24, 8)], E2[extract(a, 16, 8)], E3[extract(b, 8, 8)], E4[band(c, 255)], k[i + 3])
  end
  local function last(p, q, r, s, i)
    return bxor(bor(lshift(sbox[extract(p, 24, 8)], 24), lshift(sbox[extract(q, 16, 8)], 16),
                    lshift(sbox[extract(r, 8, 8)], 8), sbox[band(s, 255)]), k[i])
  end
  local i = 4 * ROUNDS
  return last(a, b, c, d, i + 1), last(b, c, d, a, i + 2), last(c, d, a, b, i + 3), last(d, a, b, c, i + 4)
end

function Aes:decrypt(a, b, c, d)
  local k = self.decryption
  a, b, c, d = bxor(a, k[1]), bxor(b, k[2]), bxor(c, k[3]), bxor(d, k[4])
  for i = 5, 4 * ROUNDS, 4 do
    a, b, c, d =
      bxor(D1[extract(a, 24, 8)], D2[extract(d, 16, 8)], D3[extract(c, 8, 8)], D4[band(b, 255)], k[i]),
      bxor(D1[extract(b, 24, 8)], D2[extract(a, 16, 8)], D3[extract(d, 8, 8)], D4[band(c, 255)], k[i + 1]),
      bxor(D1[extract(c, 24, 8)], D2[extract(b, 16, 8)], D3[extract(a, 8, 8)], D4[band(d, 255)], k[i + 2]),
      bxor(D1[extract(d, 24, 8)], D2[extract(c, 16, 8)], D3[extract(b, 8, 8)], D4[band(a, 255)], k[i + 3])
  end
  local function last(p, q, r, s, i)
    return bxor(bor(lshift(inverse_sbox[extract(p, 24, 8)], 24), lshift(inverse_sbox[extract(q, 16, 8)], 16),
                    lshift(inverse_sbox[extract(r, 8, 8)], 8), inverse_sbox[band(s, 255)]), k[i])
  end
  local i = 4 * ROUNDS
  return last(a, d, c, b, i + 1), last(b, a, d, c, i + 2), last(c, b, a, d, i + 3), last(d, c, b, a, i + 4)
end

return Aes
