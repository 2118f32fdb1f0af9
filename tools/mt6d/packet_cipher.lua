-- SPDX-License-Identifier: BSD-3-Clause
-- What the two ciphers of docs/protocol.md, section 6, do to a payload, undone.
local bxor = bit32.bxor
local Aes = require("mt6d.aes")
local Ghash = require("mt6d.ghash")
local words = require("mt6d.words")

local pack, unpack_word = words.pack, words.unpack
local BLOCK = 16

local packet_cipher = {}

local function four_words(text, at)
  return unpack_word(text, at), unpack_word(text, at + 4), unpack_word(text, at + 8),
         unpack_word(text, at + 12)
end

-- key: K_enc and nonce_salt. Returns an opener: of a payload's three parts, the nonce's second half
-- and the additional data, it makes the clear text and whether the tag is right.
function packet_cipher.gcm(key)
  local aes = Aes.new(key:sub(1, 32))
  local ghash = Ghash.new(aes:encrypt(0, 0, 0, 0))
  local n1 = unpack_word(key, 33)

  local function tag_of(n2, n3, additional, ciphertext)
    local hash = ghash:of(additional, ciphertext)
    local tag = ""
    for i, word in ipairs({ aes:encrypt(n1, n2, n3, 1) }) do
      tag = tag .. pack(bxor(word, hash[i]))
    end
    return tag
  end

  return function(number, ciphertext, tag, additional)
    local n2, n3 = unpack_word(number, 1), unpack_word(number, 5)
    local padded = ciphertext .. ("\0"):rep(-#ciphertext % BLOCK)
    local clear, counter = {}, 2
    for at = 1, #padded, BLOCK do
      local k1, k2, k3, k4 = aes:encrypt(n1, n2, n3, counter)
      local c1, c2, c3, c4 = four_words(padded, at)
      clear[#clear + 1] = pack(bxor(k1, c1)) .. pack(bxor(k2, c2)) .. pack(bxor(k3, c3))
                          .. pack(bxor(k4, c4))
      counter = counter + 1
    end
    return table.concat(clear):sub(1, #ciphertext), tag_of(n2, n3, additional, ciphertext) == tag
  end
end

-- key: K_enc and K_iv. Returns an opener: of the salt (a number), the option's number (3 bytes) and
-- whole blocks it makes the clear text with its pad.
function packet_cipher.cbc(key)
  local aes = Aes.new(key:sub(1, 32))
  local iv_aes = Aes.new(key:sub(33, 64))

  return function(salt, number, ciphertext)
    local seed = words.pack64(salt) .. ("\0"):rep(5) .. number
    local p1, p2, p3, p4 = iv_aes:encrypt(four_words(seed, 1))
    local clear = {}
    for at = 1, #ciphertext, BLOCK do
      local c1, c2, c3, c4 = four_words(ciphertext, at)
      local d1, d2, d3, d4 = aes:decrypt(c1, c2, c3, c4)
      clear[#clear + 1] = pack(bxor(d1, p1)) .. pack(bxor(d2, p2)) .. pack(bxor(d3, p3))
                          .. pack(bxor(d4, p4))
      p1, p2, p3, p4 = c1, c2, c3, c4
    end
    return table.concat(clear)
  end
end

return packet_cipher
