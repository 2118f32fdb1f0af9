-- SPDX-License-Identifier: BSD-3-Clause
-- SHA-512 and SHA-384 (FIPS 180-4). Lua 5.2 has no 64-bit integers: each word is an upper and a
-- lower half of 32 bits.
local band, bnot, bor, bxor = bit32.band, bit32.bnot, bit32.bor, bit32.bxor
local lshift, rshift = bit32.lshift, bit32.rshift
local constants = require("mt6d.sha2_constants")
local words = require("mt6d.words")

local WORD = 2 ^ 32
local BLOCK = 128

-- By 1 to 31 bits; by more, the caller exchanges the halves.
local function rotate(hi, lo, count)
  return bor(rshift(hi, count), lshift(lo, 32 - count)), bor(rshift(lo, count), lshift(hi, 32 - count))
end

-- Three rotations, the last of which is a shift where it drops bits.
local function sigma(hi, lo, first, second, third, drops)
  local function turned(count)
    if count >= 32 then
      return rotate(lo, hi, count - 32)
    end
    return rotate(hi, lo, count)
  end
  local ah, al = turned(first)
  local bh, bl = turned(second)
  local ch, cl = turned(third)
  if drops then
    ch = rshift(hi, third)
  end
  return bxor(ah, bh, ch), bxor(al, bl, cl)
end

-- The halves' sums may be far over 32 bits: doubles are exact to 53.
local function carried(hi, lo)
  return (hi + math.floor(lo / WORD)) % WORD, lo % WORD
end

local function schedule(text, at)
  local hi, lo = {}, {}
  for i = 1, 16 do
    hi[i], lo[i] = words.unpack(text, at + 8 * (i - 1)), words.unpack(text, at + 8 * (i - 1) + 4)
  end
  for i = 17, 80 do
    local ah, al = sigma(hi[i - 15], lo[i - 15], 1, 8, 7, true)
    local bh, bl = sigma(hi[i - 2], lo[i - 2], 19, 61, 6, true)
    hi[i], lo[i] = carried(hi[i - 16] + ah + hi[i - 7] + bh, lo[i - 16] + al + lo[i - 7] + bl)
  end
  return hi, lo
end

-- s: the eight words, upper half before lower half.
local function round(s, k, wh, wl)
  local s1h, s1l = sigma(s[9], s[10], 14, 18, 41)
  local chh = bxor(band(s[9], s[11]), band(bnot(s[9]), s[13]))
  local chl = bxor(band(s[10], s[12]), band(bnot(s[10]), s[14]))
  local t1h, t1l = s[15] + s1h + chh + k[1] + wh, s[16] + s1l + chl + k[2] + wl
  local s0h, s0l = sigma(s[1], s[2], 28, 34, 39)
  local mah = bxor(band(s[1], s[3]), band(s[1], s[5]), band(s[3], s[5]))
  local mal = bxor(band(s[2], s[4]), band(s[2], s[6]), band(s[4], s[6]))
  local ah, al = carried(t1h + s0h + mah, t1l + s0l + mal)
  local eh, el = carried(s[7] + t1h, s[8] + t1l)
  return { ah, al, s[1], s[2], s[3], s[4], s[5], s[6], eh, el, s[9], s[10], s[11], s[12], s[13], s[14] }
end

local function digest(message, initial, length)
  local state = {}
  for i, word in ipairs(initial) do
    state[2 * i - 1], state[2 * i] = word[1], word[2]
  end
  local text = words.padded(message, BLOCK, 16)
  for at = 1, #text, BLOCK do
    local hi, lo = schedule(text, at)
    local s = state
    for i = 1, 80 do
      s = round(s, constants.round[i], hi[i], lo[i])
    end
    for i = 1, 16, 2 do
      s[i], s[i + 1] = carried(state[i] + s[i], state[i + 1] + s[i + 1])
    end
    state = s
  end
  for i = 1, 16 do
    state[i] = words.pack(state[i])
  end
  return table.concat(state):sub(1, length)
end

return {
  sha384 = function(message) return digest(message, constants.initial_384, 48) end,
  sha512 = function(message) return digest(message, constants.initial_512, 64) end,
}
