// SPDX-License-Identifier: BSD-3-Clause
#include "control/mld_packets.hpp"

#include "control/packets.hpp"
#include "dataplane/checksum.hpp"
#include "dataplane/packet.hpp"

#include <cstddef>
#include <numeric>
#include <variant>

namespace mt6d {
namespace {

using dataplane::put;

// A message's length, destination and bytes, the checksum zero.
struct ReportWriter {
    const MldReport& report;

    [[nodiscard]] std::size_t length() const {
        return std::accumulate(
            report.records.begin(), report.records.end(), sizeof(MldReportHeader),
            [](std::size_t sum, const MldRecord& record) { return sum + record.size(); });
    }
    [[nodiscard]] Ipv6Address destination() const { return all_mld_routers; }
    void write(std::uint8_t* at) const {
        at = put(at, MldReportHeader{{icmpv6_type::listener_report_v2, 0, be16_t(0)},
                                     be16_t(0),
                                     be16_t(static_cast<std::uint16_t>(report.records.size()))});
        for (const MldRecord& record : report.records) {
            const auto sources = static_cast<std::uint16_t>(record.sources.size());
            at = put(at, MldRecordHeader{record.type, 0, be16_t(sources), record.group});
            for (const Ipv6Address& source : record.sources) {
                at = put(at, source);
            }
        }
    }
};

struct WriterV1 {
    std::uint8_t type;
    Ipv6Address group;

    [[nodiscard]] std::size_t length() const { return sizeof(MldMessageV1); }
    // A report goes to those who listen, a goodbye to those who ask (RFC 2710, 3).
    [[nodiscard]] Ipv6Address destination() const {
        return type == icmpv6_type::listener_report_v1 ? group : all_routers;
    }
    void write(std::uint8_t* at) const {
        put(at, MldMessageV1{{type, 0, be16_t(0)}, be16_t(0), be16_t(0), group});
    }
};

template <class Writer>
rte_mbuf* make_packet(rte_mempool* pool, const Ipv6Address& source, const MacAddress& own,
                      const Writer& writer) {
    const std::size_t icmp_length = writer.length();
    const std::size_t payload = sizeof(RouterAlertHeader) + icmp_length;
    rte_mbuf* packet = make_frame(pool, sizeof(EthernetHeader) + sizeof(Ipv6Header) + payload);
    if (packet == nullptr) {
        return nullptr;
    }
    const Ipv6Address destination = writer.destination();
    const Ipv6Header ipv6{Ipv6Header::first_word(0, 0),
                          be16_t(static_cast<std::uint16_t>(payload)),
                          protocol::hop_by_hop,
                          mld_hop_limit,
                          source,
                          destination};
    auto* at = put(rte_pktmbuf_mtod(packet, std::uint8_t*),
                   EthernetHeader{destination.multicast_mac(), own, be16_t(ether_type::ipv6)});
    auto* const icmp = put(put(at, ipv6), RouterAlertHeader{});
    writer.write(icmp);
    put(icmp + offsetof(Icmpv6Header, checksum),
        dataplane::checksum_of(ipv6, protocol::icmpv6, {icmp, icmp_length}));
    return packet;
}

} // namespace

rte_mbuf* make_mld_packet(rte_mempool* pool, const Ipv6Address& source, const MacAddress& own,
                          const MldMessage& message) {
    if (const auto* report = std::get_if<MldReport>(&message)) {
        return make_packet(pool, source, own, ReportWriter{*report});
    }
    if (const auto* report = std::get_if<MldReportV1>(&message)) {
        return make_packet(pool, source, own,
                           WriterV1{icmpv6_type::listener_report_v1, report->group});
    }
    return make_packet(pool, source, own,
                       WriterV1{icmpv6_type::listener_done_v1, std::get<MldDone>(message).group});
}

} // namespace mt6d
