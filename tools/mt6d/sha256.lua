-- SPDX-License-Identifier: BSD-3-Clause
-- SHA-256 (FIPS 180-4) of a string, as a string of 32 bytes.
local band, bnot, bxor = bit32.band, bit32.bnot, bit32.bxor
local rrotate, rshift = bit32.rrotate, bit32.rshift
local constants = require("mt6d.sha2_constants")
local words = require("mt6d.words")

local WORD = 2 ^ 32
local BLOCK = 64

-- The first half of each 64-bit constant is SHA-256's 32-bit one.
local K = {}
for i = 1, 64 do
  K[i] = constants.round[i][1]
end

local function schedule(text, at)
  local w = {}
  for i = 1, 16 do
    w[i] = words.unpack(text, at + 4 * (i - 1))
  end
  for i = 17, 64 do
    local x, y = w[i - 15], w[i - 2]
    local s0 = bxor(rrotate(x, 7), rrotate(x, 18), rshift(x, 3))
    local s1 = bxor(rrotate(y, 17), rrotate(y, 19), rshift(y, 10))
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) % WORD
  end
  return w
end

local function compress(state, w)
  local a, b, c, d, e, f, g, h = unpack(state)
  for i = 1, 64 do
    local s1 = bxor(rrotate(e, 6), rrotate(e, 11), rrotate(e, 25))
    local choice = bxor(band(e, f), band(bnot(e), g))
    local t1 = h + s1 + choice + K[i] + w[i]
    local s0 = bxor(rrotate(a, 2), rrotate(a, 13), rrotate(a, 22))
    local majority = bxor(band(a, b), band(a, c), band(b, c))
    h, g, f, e = g, f, e, (d + t1) % WORD
    d, c, b, a = c, b, a, (t1 + s0 + majority) % WORD
  end
  for i, word in ipairs({ a, b, c, d, e, f, g, h }) do
    state[i] = (state[i] + word) % WORD
  end
end

return function(message)
  local state = {}
  for i = 1, 8 do
    state[i] = constants.initial_512[i][1]
  end
  local text = words.padded(message, BLOCK, 8)
  for at = 1, #text, BLOCK do
    compress(state, schedule(text, at))
  end
  for i = 1, 8 do
    state[i] = words.pack(state[i])
  end
  return table.concat(state)
end
