// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/stream_set.hpp"

#include <fmt/format.h>

#include <functional>

namespace mt6d::config {

namespace {

std::size_t hash_of(const Ipv6Address& address) {
    return std::hash<Ipv6Address>{}(address);
}

std::size_t hash_of(std::string_view text) {
    return std::hash<std::string_view>{}(text);
}

std::size_t hash_of(const Ipv6Address& local, const Ipv6Address& remote) {
    return hash_of(local) * 31 + hash_of(remote);
}

} // namespace

std::optional<StreamSet::HostIndex> StreamSet::find_host(const Ipv6Address& address) const {
    return by_address_.find(hash_of(address),
                            [&](HostIndex i) { return host(i).address == address; });
}

std::optional<StreamSet::Index> StreamSet::find_pair(const Ipv6Address& local,
                                                     const Ipv6Address& remote) const {
    return by_pair_.find(hash_of(local, remote), [&](Index i) {
        return streams_[i].local.address == local && streams_[i].remote.address == remote;
    });
}

std::optional<StreamSet::Index> StreamSet::find_name(std::string_view name) const {
    return by_name_.find(hash_of(name), [&](Index i) { return streams_[i].name == name; });
}

void StreamSet::add(Stream stream, const StreamPositions& at) {
    if (!pair_is_new(stream, at.stream)) {
        return;
    }
    // Both, for each may have a message of its own.
    const bool local_fits = host_fits(stream.local, false, at.local);
    const bool remote_fits = host_fits(stream.remote, true, at.remote);
    if (!local_fits || !remote_fits) {
        return;
    }
    if (const auto first = find_name(stream.name)) {
        diagnostics_.error(at.stream, fmt::format("the stream name {} is taken in {}: give one of "
                                                  "the two another name",
                                                  quoted(stream.name),
                                                  diagnostics_.where(positions_[*first])));
        return;
    }
    note_rotation(stream.options.rotation, at.rotation);

    const auto index = static_cast<Index>(streams_.size());
    streams_.push_back(std::move(stream));
    positions_.push_back(at.stream);
    const Stream& added = streams_.back();
    by_name_.insert(hash_of(added.name), index);
    by_pair_.insert(hash_of(added.local.address, added.remote.address), index);
    for (const HostIndex side : {2 * index, 2 * index + 1}) {
        const Ipv6Address& address = host(side).address;
        if (!find_host(address)) {
            by_address_.insert(hash_of(address), side);
        }
    }
}

bool StreamSet::pair_is_new(const Stream& stream, Position at) {
    const Ipv6Address& local = stream.local.address;
    const Ipv6Address& remote = stream.remote.address;
    if (local == remote) {
        diagnostics_.error(
            at, fmt::format("local and remote are one host, {}: a stream joins two", local.text()));
        return false;
    }
    if (const auto first = find_pair(local, remote)) {
        diagnostics_.error(at, fmt::format("{} and {} have a stream already, in {}: keep one of "
                                           "them, for a pair has one key",
                                           local.text(), remote.text(),
                                           diagnostics_.where(positions_[*first])));
        return false;
    }
    if (const auto first = find_pair(remote, local)) {
        diagnostics_.error(at, fmt::format("{} and {} have a stream the other way round already, "
                                           "in {}: keep the one whose local host is behind this "
                                           "gateway; the peer's configuration has the other",
                                           remote.text(), local.text(),
                                           diagnostics_.where(positions_[*first])));
        return false;
    }
    return true;
}

bool StreamSet::host_fits(const Host& host, bool remote, Position at) {
    if (const auto declared = hosts_.by_address.find(host.address);
        declared != hosts_.by_address.end()) {
        declared->second->used = true;
        if (!same_host(host, declared->second->host, at, declared->second->at)) {
            return false;
        }
    }
    const auto known = find_host(host.address);
    if (!known) {
        return true;
    }
    const Position known_at = positions_[*known / 2];
    const bool known_remote = *known % 2 != 0;
    if (remote != known_remote) {
        diagnostics_.error(at, fmt::format("{} is a {} host here and a {} host in {}: a host is "
                                           "on one side of the gateway, so mend one of the two",
                                           host.address.text(), remote ? "remote" : "local",
                                           known_remote ? "remote" : "local",
                                           diagnostics_.where(known_at)));
        return false;
    }
    return same_host(host, this->host(*known), at, known_at);
}

bool StreamSet::same_host(const Host& host, const Host& known, Position at, Position known_at) {
    if (host.mac != known.mac) {
        diagnostics_.error(at, fmt::format("{} has the MAC address {} here and {} in {}: write the "
                                           "same in both",
                                           host.address.text(), host.mac.text(), known.mac.text(),
                                           diagnostics_.where(known_at)));
        return false;
    }
    if (host.hashed_prefix != known.hashed_prefix) {
        const auto text = [](const Host& h) {
            return h.hashed_prefix ? "the hashed prefix " + h.hashed_prefix->text()
                                   : "no hashed prefix";
        };
        diagnostics_.error(at, fmt::format("{} has {} here and {} in {}: write the same in both",
                                           host.address.text(), text(host), text(known),
                                           diagnostics_.where(known_at)));
        return false;
    }
    return true;
}

void StreamSet::note_rotation(std::uint32_t rotation, Position at) {
    if (rotations_.emplace(rotation, at).second && rotations_.size() > max_rotation_times) {
        diagnostics_.error(at, fmt::format("the rotation time {}s is one more than the {} "
                                           "different ones that are possible: use one that other "
                                           "streams have",
                                           rotation, max_rotation_times));
    }
}

} // namespace mt6d::config
