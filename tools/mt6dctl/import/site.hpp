// SPDX-License-Identifier: BSD-3-Clause
// The original's tables put together: hosts with addresses and MACs, and this gateway's streams.
#pragma once

#include "tools/mt6dctl/import/original.hpp"

#include <string>
#include <vector>

namespace mt6d::importer {

struct SiteHost {
    std::string name;
    Ipv6Address address;
    MacAddress mac;
};

struct SiteStream {
    std::string local;
    std::string remote;
    config::SessionKey key;
    Place at; // of its profile

    [[nodiscard]] std::string key_file() const { return local + "-" + remote + ".key"; }
};

struct Site {
    std::vector<SiteHost> hosts; // those that streams have
    std::vector<SiteStream> streams;
    std::vector<config::Diagnostic> notes; // what was left out, and what should be mended
};

// `local`: the hosts behind this gateway; empty: each profile's source.
Site assemble(const Original& original, const std::vector<std::string>& local, Problems& problems);

} // namespace mt6d::importer
