// SPDX-License-Identifier: BSD-3-Clause
// The streams read so far, and what must hold between them, wherever they were written: in the
// YAML file or, up to a million of them, in a streams file.
#pragma once

#include "control/config/config.hpp"
#include "control/config/diagnostics.hpp"
#include "control/config/index_table.hpp"
#include "control/config/sections.hpp"

#include <mt6d/stream.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace mt6d::config {

struct StreamPositions {
    Position stream;
    Position local;
    Position remote;
    Position rotation;
};

class StreamSet {
public:
    StreamSet(Hosts& hosts, Diagnostics& diagnostics) : hosts_(hosts), diagnostics_(diagnostics) {}

    // Reports a stream that does not go with the others, and drops it.
    void add(Stream stream, const StreamPositions& at);

    [[nodiscard]] const std::vector<Stream>& streams() const { return streams_; }
    [[nodiscard]] std::vector<Stream> take() { return std::move(streams_); }

private:
    using Index = std::uint32_t;
    // One of a stream's two hosts: twice the stream's index, plus one for the remote one.
    using HostIndex = std::uint32_t;

    [[nodiscard]] std::optional<HostIndex> find_host(const Ipv6Address& address) const;
    [[nodiscard]] std::optional<Index> find_pair(const Ipv6Address& local,
                                                 const Ipv6Address& remote) const;
    [[nodiscard]] std::optional<Index> find_name(std::string_view name) const;
    [[nodiscard]] const Host& host(HostIndex i) const {
        const Stream& stream = streams_[i / 2];
        return i % 2 == 0 ? stream.local : stream.remote;
    }
    [[nodiscard]] bool pair_is_new(const Stream& stream, Position at);
    [[nodiscard]] bool host_fits(const Host& host, bool remote, Position at);
    [[nodiscard]] bool same_host(const Host& host, const Host& known, Position at,
                                 Position known_at);
    void note_rotation(std::uint32_t rotation, Position at);

    Hosts& hosts_;
    Diagnostics& diagnostics_;
    std::vector<Stream> streams_;
    std::vector<Position> positions_; // of each stream
    IndexTable by_address_;           // of HostIndex; a host's first stream
    IndexTable by_pair_;
    IndexTable by_name_;
    std::map<std::uint32_t, Position> rotations_;
};

} // namespace mt6d::config
