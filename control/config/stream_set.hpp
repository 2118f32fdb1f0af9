// SPDX-License-Identifier: BSD-3-Clause
// The streams read so far, and what must hold between them, wherever they were written: in the
// YAML file or, up to a million of them, in a streams file.
#pragma once

#include "control/config/config.hpp"
#include "control/config/diagnostics.hpp"
#include "control/config/sections.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace mt6d::config {

inline constexpr std::size_t max_rotation_times = 16;

struct StreamPositions {
    Position stream;
    Position local;
    Position remote;
    Position rotation;
};

class StreamSet {
public:
    StreamSet(Hosts& hosts, Diagnostics& diagnostics) : hosts_(hosts), diagnostics_(diagnostics) {}
    StreamSet(const StreamSet&) = delete; // its index sets look into it
    StreamSet& operator=(const StreamSet&) = delete;

    // Reports a stream that does not go with the others, and drops it.
    void add(Stream stream, const StreamPositions& at);

    [[nodiscard]] const std::vector<Stream>& streams() const { return streams_; }
    [[nodiscard]] std::vector<Stream> take() { return std::move(streams_); }

private:
    using Index = std::uint32_t;
    // One of a stream's two hosts: twice the stream's index, plus one for the remote one.
    using HostIndex = std::uint32_t;
    struct Pair {
        const Ipv6Address& local;
        const Ipv6Address& remote;
    };

    // Sets of indices that are looked up by what the index stands for: at a million streams, a
    // copy of each key would be most of the memory.
    template <class Key, class View>
    struct Hashed {
        using is_transparent = void;
        const StreamSet* set;
        std::size_t operator()(std::uint32_t index) const { return hash(View{}(*set, index)); }
        std::size_t operator()(const Key& key) const { return hash(key); }
    };
    template <class Key, class View>
    struct Equal {
        using is_transparent = void;
        const StreamSet* set;
        bool operator()(std::uint32_t a, std::uint32_t b) const { return a == b; }
        bool operator()(const Key& a, std::uint32_t b) const { return equal(a, View{}(*set, b)); }
        bool operator()(std::uint32_t a, const Key& b) const { return equal(View{}(*set, a), b); }
    };
    template <class Key, class View>
    using IndexSet = std::unordered_set<std::uint32_t, Hashed<Key, View>, Equal<Key, View>>;

    static std::size_t hash(const Ipv6Address& key) { return std::hash<Ipv6Address>{}(key); }
    static std::size_t hash(const std::string_view& key) {
        return std::hash<std::string_view>{}(key);
    }
    static std::size_t hash(const Pair& key) { return hash(key.local) * 31 + hash(key.remote); }
    static bool equal(const Ipv6Address& a, const Ipv6Address& b) { return a == b; }
    static bool equal(const std::string_view& a, const std::string_view& b) { return a == b; }
    static bool equal(const Pair& a, const Pair& b) {
        return a.local == b.local && a.remote == b.remote;
    }

    struct AddressOf {
        const Ipv6Address& operator()(const StreamSet& set, HostIndex i) const {
            return set.host(i).address;
        }
    };
    struct NameOf {
        std::string_view operator()(const StreamSet& set, Index i) const {
            return set.streams_[i].name;
        }
    };
    struct PairOf {
        Pair operator()(const StreamSet& set, Index i) const {
            return {set.streams_[i].local.address, set.streams_[i].remote.address};
        }
    };
    template <class Key, class View>
    IndexSet<Key, View> make_set() {
        return IndexSet<Key, View>(0, Hashed<Key, View>{this}, Equal<Key, View>{this});
    }

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
    IndexSet<Ipv6Address, AddressOf> by_address_ = make_set<Ipv6Address, AddressOf>();
    IndexSet<std::string_view, NameOf> by_name_ = make_set<std::string_view, NameOf>();
    IndexSet<Pair, PairOf> by_pair_ = make_set<Pair, PairOf>();
    std::map<std::uint32_t, Position> rotations_;
};

} // namespace mt6d::config
