// SPDX-License-Identifier: BSD-3-Clause
// The metrics that Prometheus can read, and what each means. One list feeds the enum, the
// exposition and the documentation; names and labels stay as they are once they were released.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mt6d::metrics {

enum class Type : std::uint8_t { counter, gauge };

// X(type, name without "mt6d_", labels, sentence)
#define MT6D_METRICS(X)                                                                            \
    X(gauge, build_info, "version, dpdk, name", "1: which gateway this is.")                       \
    X(gauge, start_time_seconds, "", "When the gateway started, in Unix time.")                    \
    X(counter, rotations_total, "", "Changes of an active salt, of all rotation times.")           \
    X(gauge, mbufs_in_use, "", "Packet buffers that hold a packet.")                               \
    X(gauge, mbufs_capacity, "", "Packet buffers that there are.")                                 \
    X(counter, events_lost_total, "", "Events that are missing from the event log.")               \
    X(counter, port_received_packets_total, "port", "Packets that the port received.")             \
    X(counter, port_received_bytes_total, "port", "Bytes of these, with Ethernet headers.")        \
    X(counter, port_sent_packets_total, "port", "Packets that the port sent.")                     \
    X(counter, port_sent_bytes_total, "port", "Bytes of these, with Ethernet headers.")            \
    X(counter, port_proxied_packets_total, "port", "Packets of no stream that were let pass.")     \
    X(counter, port_other_frames_total, "port", "Frames let pass that are not IPv6.")              \
    X(counter, port_tagged_frames_total, "port", "Frames let pass with a VLAN tag.")               \
    X(counter, port_missed_packets_total, "port", "Packets that the port had no room for.")        \
    X(counter, port_receive_errors_total, "port", "Packets that the port found broken.")           \
    X(counter, port_send_errors_total, "port", "Packets that the port took and could not send.")   \
    X(counter, drops_total, "port, reason", "Packets lost or refused (docs/counters.md).")         \
    X(counter, consumed_total, "port, reason", "Packets for the gateway itself, acted on.")        \
    X(counter, worker_busy_seconds_total, "worker", "Time that the worker spent on packets.")      \
    X(counter, worker_polls_total, "worker", "Looks at its ports and rings.")                      \
    X(counter, worker_received_packets_total, "worker", "Packets that the worker received.")       \
    X(counter, worker_sent_packets_total, "worker", "Packets that the worker sent.")               \
    X(counter, worker_handed_over_packets_total, "worker", "Packets given to their owner.")        \
    X(counter, worker_originated_packets_total, "worker", "Packets that the gateway made.")        \
    X(gauge, streams, "", "Streams that there are.")                                               \
    X(counter, stream_encapsulated_packets_total, "stream", "Hosts' packets sent to the peer.")    \
    X(counter, stream_encapsulated_bytes_total, "stream",                                          \
      "Bytes of these, as the host sent them.")                                                    \
    X(counter, stream_decapsulated_packets_total, "stream", "Packets of the peer for the host.")   \
    X(counter, stream_decapsulated_bytes_total, "stream",                                          \
      "Bytes of these, as the host gets them.")                                                    \
    X(counter, stream_dropped_packets_total, "stream", "Packets of the stream that were dropped.") \
    X(counter, stream_control_packets_sent_total, "stream", "Control packets sent to the peer.")   \
    X(counter, stream_control_packets_heard_total, "stream", "Control packets of the peer.")       \
    X(gauge, stream_path_mtu_bytes, "stream", "The largest tunnel packet that passes.")            \
    X(gauge, stream_rotation_seconds, "stream", "How often the stream's addresses change.")        \
    X(gauge, key_epoch, "stream", "The epoch of the key in use; 0: the configured key.")           \
    X(gauge, key_peer_lost, "stream", "1: data was sent, and the peer not heard for long.")        \
    X(gauge, key_next_change_timestamp_seconds, "stream",                                          \
      "When the key changes; absent: unknown.")                                                    \
    X(counter, key_changes_total, "stream", "Epochs begun since the start.")                       \
    X(counter, key_recoveries_total, "stream", "Of these, those that brought back a lost peer.")   \
    X(counter, key_given_up_total, "stream", "Offers of a new key that the peer never accepted.")  \
    X(counter, key_failures_total, "reason", "Exchanges given up, messages refused; all streams.") \
    X(gauge, peer_clock_offset_seconds, "stream",                                                  \
      "The peer's clock less this one; absent: unknown.")                                          \
    X(gauge, peer_clock_resolution_seconds, "stream", "How exactly that is known.")

enum class Metric : std::uint8_t {
#define MT6D_METRIC_ENUMERATOR(type, name, labels, sentence) name,
    MT6D_METRICS(MT6D_METRIC_ENUMERATOR)
#undef MT6D_METRIC_ENUMERATOR
};

struct MetricText {
    Type type;
    std::string_view name;
    std::string_view labels; // with ", " in between
    std::string_view sentence;
};

inline constexpr std::array metric_texts{
#define MT6D_METRIC_TEXT(type, name, labels, sentence)                                             \
    MetricText{Type::type, "mt6d_" #name, labels, sentence},
    MT6D_METRICS(MT6D_METRIC_TEXT)
#undef MT6D_METRIC_TEXT
};

} // namespace mt6d::metrics
