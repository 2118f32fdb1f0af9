-- SPDX-License-Identifier: BSD-3-Clause
-- What is around a tunnel packet's payload. Wireshark's own dissectors of IPv6 and UDP have read it;
-- here it is fetched from them.
local UDP, FRAGMENT, OPTIONS = 17, 44, 60
local IPV6_SOURCE = 8 -- bytes from the header's beginning
local IPV6_HEADER, UDP_HEADER = 40, 8

-- Field extractors have to exist before the first packet.
local source_of = Field.new("ipv6.src")
local destination_of = Field.new("ipv6.dst")
local next_header_of = Field.new("ipv6.nxt")
local options_of = Field.new("ipv6.dstopts")

-- The innermost: what is around comes first.
local function last(extractor)
  local all = { extractor() }
  return all[#all]
end

-- tvb: the UDP payload. A table of
--   source, destination   16 bytes each
--   options               the range of the destination options header right before UDP, or nil
--   misplaced             whether there are other extension headers
-- or nil, where it is not in IPv6.
return function(tvb)
  local source, destination, next_header = last(source_of), last(destination_of), last(next_header_of)
  if not source or not destination or not next_header then
    return nil
  end
  local udp_at = tvb:offset() - UDP_HEADER
  local behind_header = source.offset - IPV6_SOURCE + IPV6_HEADER
  local header = last(options_of)
  local options = header and header.offset + header.len == udp_at and header.range or nil
  local first = next_header.value
  local misplaced = not (first == UDP or first == FRAGMENT
                         or first == OPTIONS and options and header.offset == behind_header)
  return { source = source.range:raw(), destination = destination.range:raw(), options = options,
           misplaced = misplaced }
end
