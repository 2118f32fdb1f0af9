// SPDX-License-Identifier: BSD-3-Clause
// Fragments (RFC 8200, 4.5) whose fragment header follows the IPv6 header, as tunnel packets' does
// (docs/protocol.md, section 8.1).
#pragma once

#include <mt6d/parse.hpp>

namespace mt6d {

struct FragmentView {
    const FragmentHeader* header;
    std::uint32_t offset; // bytes
    bool more;            // others follow
    Bytes part;

    [[nodiscard]] std::size_t end() const { return offset + part.size(); }
    // Whole after all (RFC 6946).
    [[nodiscard]] bool is_atomic() const { return offset == 0 && !more; }
};

// `payload`: what follows the IPv6 header, which says that a fragment header does.
inline Parsed<FragmentView> parse_fragment(Bytes payload) {
    const auto* header = view_of<FragmentHeader>(payload);
    if (header == nullptr || payload.size() == sizeof(FragmentHeader)) {
        return Reason::fragment_malformed;
    }
    const std::uint16_t word = header->offset_and_flags.value();
    const FragmentView view{header, word & 0xfff8U, (word & 1U) != 0,
                            payload.subspan(sizeof(FragmentHeader))};
    if ((view.more && view.part.size() % 8 != 0) || view.end() > 0xffff) {
        return Reason::fragment_malformed;
    }
    return view;
}

} // namespace mt6d
