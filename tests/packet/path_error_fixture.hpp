// SPDX-License-Identifier: BSD-3-Clause
// What tests of ICMPv6 errors from the path share (docs/protocol.md, section 8.2): tunnel packets
// of alice's, what a router says of one, and what she is to hear of it.
#pragma once

#include "gateway_fixture.hpp"

#include <algorithm>

namespace mt6d::test {

class PathErrors : public GatewayTest {
protected:
    PathErrors() {
        stream_options().rotation = 3600; // one route throughout
        stream_options().lifetime = 7200;
    }
    config::StreamOptions& stream_options() { return config.streams[0].options; }
    [[nodiscard]] Cipher cipher() const { return stream().options.cipher; }

    // The tunnel packet that `inner` leaves as.
    Octets sent(const Octets& inner) {
        from_host(inner);
        site->settle();
        const auto frames = site->take_sent(Side::external);
        EXPECT_EQ(frames.size(), 1U);
        return frames.empty() ? Octets{} : slice(frames[0], 14);
    }
    [[nodiscard]] Octets data(std::size_t size = 300) const { return to_bob(udp6()).payload(size); }
    static Ipv6Address far_router() { return address("2001:db8:ffff::1"); }

    // What a router of the path says of `quote`.
    [[nodiscard]] Packet error(std::uint8_t type, std::uint8_t code, std::uint32_t parameter,
                               const Octets& quote) const {
        Octets body;
        append(body, parameter, 4);
        return icmp6(type, code)
            .from(far_router())
            .to(out().source)
            .hop_limit(57)
            .payload(body + slice(quote, 0, 1232));
    }
    // What alice is to hear of it.
    [[nodiscard]] Octets told(std::uint8_t type, std::uint8_t code, std::uint32_t parameter,
                              const Octets& inner, const Ipv6Address& from = far_router()) const {
        Octets body;
        append(body, parameter, 4);
        return host_frame(
            icmp6(type, code).from(from).to(alice().address).hop_limit(57).payload(body + inner));
    }
    void expect_told(const Octets& frame) {
        expect({frame}, {}, {{"external error_translated", 1}});
    }
    void expect_only(const char* reason) {
        expect({}, {}, {{std::string("external ") + reason, 1}});
    }
    // Of so many bytes of a tunnel packet: how many of `inner` can be told. 0: no whole header.
    [[nodiscard]] std::size_t readable(std::size_t quoted, std::size_t inner) const {
        const std::size_t before = cipher() == Cipher::none          ? 48
                                   : cipher() == Cipher::aes_256_cbc ? 56
                                                                     : 64;
        std::size_t text = quoted > before ? quoted - before : 0;
        if (cipher() == Cipher::aes_256_cbc) {
            text = text / 16 * 16;
        }
        return text < 8 ? 0 : std::min(inner, text + 32);
    }
};

} // namespace mt6d::test
