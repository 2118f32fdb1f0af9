// SPDX-License-Identifier: BSD-3-Clause
// The parser of frames and of what tunnel packets hold. Whatever comes in: a view lies inside the
// input, its lengths agree, and a second look says the same. The first byte of an input chooses
// where to begin: at the frame, or deeper inside, so that no checksum or length stands before
// what is looked for.
#include <mt6d/mld.hpp>
#include <mt6d/parse.hpp>
#include <mt6d/router_discovery.hpp>

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

using namespace mt6d;

void require(bool truth) {
    if (!truth) {
        std::abort();
    }
}

bool inside(const void* part, std::size_t size, Bytes whole) {
    const auto* const begin = static_cast<const std::uint8_t*>(part);
    return size == 0 || (begin >= whole.data() && begin + size <= whole.data() + whole.size());
}

void require_reason(Reason reason) {
    require(static_cast<std::size_t>(reason) < reason_count);
}

void look_at_options(Bytes area) {
    const auto options = parse_tunnel_options(area);
    if (!options) {
        require_reason(options.reason());
        return;
    }
    if (options->encryption) {
        require(options->encryption->number < 1U << 24U);
        require(options->encryption->algorithm < 16 && options->encryption->pad < 16);
    }
    if (options->key) {
        require(inside(options->key->data(), options->key->size(), area));
    }
}

void look_at_chain(std::uint8_t next_header, Bytes payload) {
    const auto upper = find_upper_layer(next_header, payload);
    if (upper) {
        require(upper->offset <= payload.size());
        require(!is_extension_header(upper->protocol) || upper->later_fragment);
    }
    const auto check = check_discovery(next_header, payload);
    if (!check) {
        require_reason(check.reason());
    } else if (check->discovery) {
        require(upper && check->offset == upper->offset && check->offset < payload.size());
        require(is_discovery_type(payload[check->offset]));
        require(check->fragment == upper->fragment);
    }
}

void look_at_clear(Bytes clear) {
    const auto header = parse_clear(clear);
    if (!header) {
        require_reason(header.reason());
        return;
    }
    require(inside(*header, sizeof(ClearHeader), clear));
    require((*header)->payload_length.value() == clear.size() - sizeof(ClearHeader));
    look_at_chain((*header)->next_header, clear.subspan(sizeof(ClearHeader)));
    if (is_control_packet(**header)) {
        require(clear.size() == sizeof(ClearHeader));
    }
}

void look_at_tunnel(std::uint8_t next_header, Bytes payload) {
    const auto tunnel = parse_tunnel(next_header, payload);
    if (!tunnel) {
        require_reason(tunnel.reason());
        return;
    }
    require(inside(tunnel->udp, sizeof(UdpHeader), payload));
    require(inside(tunnel->payload.data(), tunnel->payload.size(), payload));
    require(tunnel->udp->length.value() == sizeof(UdpHeader) + tunnel->payload.size());
    if (tunnel->options.key) {
        require(inside(tunnel->options.key->data(), tunnel->options.key->size(), payload));
    }
    look_at_clear(tunnel->payload);
}

void look_at_neighbor(const Ipv6Header& ipv6, Bytes icmp) {
    const auto neighbor = parse_neighbor(ipv6, icmp);
    if (!neighbor) {
        require_reason(neighbor.reason());
        return;
    }
    require(inside(neighbor->message, sizeof(NeighborMessage), icmp));
    require(!neighbor->message->target.is_multicast());
}

void look_at_router(const Ipv6Header& ipv6, Bytes icmp) {
    const auto said = parse_router_advertisement(ipv6, icmp);
    if (!said) {
        require_reason(said.reason());
        return;
    }
    require(said->router == ipv6.source && said->router.is_link_local());
    require(!said->link_layer.is_multicast());
    require(said->has_link_layer != said->link_layer.is_zero());
    for (const OnLinkPrefix& on_link : said->on_link()) {
        require(on_link.prefix.length <= 128 && on_link.prefix.contains(on_link.prefix.address));
        require(!on_link.prefix.address.is_multicast());
    }
    // What is rewritten for hosts is walked through a second time.
    std::size_t walked = sizeof(RouterAdvertisement);
    while (const auto option = first_option(icmp.subspan(walked))) {
        require(inside(option->data(), option->size(), icmp));
        walked += option->size();
    }
    require(walked == icmp.size());
}

void look_at_listener(const Ipv6Header& ipv6, Bytes payload) {
    const auto upper = find_upper_layer(ipv6.next_header, payload);
    const auto query = upper ? parse_mld_query(ipv6, payload, upper->offset) : std::nullopt;
    if (!query) {
        return;
    }
    require(query->version == 1 || query->version == 2);
    require(query->version == 2 || query->source_count == 0);
    require(query->asked_sources().size() <= MldQuery::most_sources);
    require(query->is_general() || query->group.is_multicast());
    require(!query->is_general() || query->source_count == 0);
    require(query->max_response_ms <= 8'387'584 && query->interval_s <= 31744);
}

void look_at_frame(Bytes bytes) {
    const auto frame = parse_frame(bytes);
    if (!frame) {
        require_reason(frame.reason());
        return;
    }
    require(frame->frame_length() <= bytes.size());
    require(inside(frame->ethernet, sizeof(EthernetHeader), bytes));
    require(inside(frame->ipv6, sizeof(Ipv6Header), bytes));
    const Bytes payload = frame->payload();
    require(inside(payload.data(), payload.size(), bytes));
    look_at_chain(frame->ipv6->next_header, payload);
    look_at_tunnel(frame->ipv6->next_header, payload);
    if (const auto check = check_discovery(frame->ipv6->next_header, payload);
        check && check->discovery) {
        look_at_neighbor(*frame->ipv6, payload.subspan(check->offset));
        look_at_router(*frame->ipv6, payload.subspan(check->offset));
    }
    look_at_listener(*frame->ipv6, payload);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    // A copy of its own: one byte beyond it is an error that the sanitizer sees.
    const std::vector<std::uint8_t> copy(data + 2, data + size);
    const std::uint8_t next_header = data[1];
    const Bytes bytes(copy);
    switch (data[0] % 8) {
    case 0:
        look_at_frame(bytes);
        break;
    case 1:
        look_at_tunnel(next_header, bytes);
        break;
    case 2:
        look_at_clear(bytes);
        break;
    case 3:
        look_at_options(bytes);
        break;
    case 4:
        look_at_chain(next_header, bytes);
        break;
    case 5:
        if (const auto* ipv6 = view_of<Ipv6Header>(bytes)) {
            look_at_neighbor(*ipv6, bytes.subspan(sizeof(Ipv6Header)));
        }
        break;
    case 6:
        if (const auto* ipv6 = view_of<Ipv6Header>(bytes)) {
            look_at_router(*ipv6, bytes.subspan(sizeof(Ipv6Header)));
        }
        break;
    case 7:
        if (const auto* ipv6 = view_of<Ipv6Header>(bytes)) {
            look_at_listener(*ipv6, bytes.subspan(sizeof(Ipv6Header)));
        }
        break;
    default:
        break;
    }
    return 0;
}
