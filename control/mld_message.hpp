// SPDX-License-Identifier: BSD-3-Clause
// What a listener says (RFC 3810, 5.2; RFC 2710, 3): made by MldListener, put into packets by
// make_mld_packet().
#pragma once

#include <mt6d/mld.hpp>

#include <variant>
#include <vector>

namespace mt6d {

struct MldRecord {
    MldRecordType type;
    Ipv6Address group;
    std::vector<Ipv6Address> sources{}; // none but in answers about sources
    friend bool operator==(const MldRecord&, const MldRecord&) = default;

    [[nodiscard]] std::size_t size() const { // bytes
        return sizeof(MldRecordHeader) + sources.size() * sizeof(Ipv6Address);
    }
};

struct MldReport {
    std::vector<MldRecord> records;
    friend bool operator==(const MldReport&, const MldReport&) = default;
};
struct MldReportV1 {
    Ipv6Address group;
    friend bool operator==(const MldReportV1&, const MldReportV1&) = default;
};
struct MldDone { // version 1's goodbye
    Ipv6Address group;
    friend bool operator==(const MldDone&, const MldDone&) = default;
};
using MldMessage = std::variant<MldReport, MldReportV1, MldDone>;
using MldMessages = std::vector<MldMessage>;

} // namespace mt6d
