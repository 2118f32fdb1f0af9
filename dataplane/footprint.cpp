// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/footprint.hpp"

namespace mt6d::dataplane {
namespace {

std::uint64_t more(const Footprint& before, const Footprint& after, Side side, Reason reason) {
    const auto at = static_cast<std::size_t>(reason);
    return after.reasons[index(side)][at] - before.reasons[index(side)][at];
}

// Reasons stand in the order of the stages that have them (mt6d/reason.hpp).
bool is_found_after_opening(Reason reason) {
    return reason >= Reason::inner_truncated && reason <= Reason::epoch_ended;
}

void tell_tunnel(const Footprint& before, const Footprint& after,
                 std::optional<std::uint64_t> number, const std::optional<End>& end,
                 TraceRecord& record) {
    if (const auto joined = more(before, after, Side::external, Reason::fragment_joined)) {
        record.add({.stage = Stage::reassembled, .value = joined + 1});
    }
    if (after.encapsulated_bytes != before.encapsulated_bytes) {
        record.add({.stage = Stage::encapsulated,
                    .value = after.encapsulated_bytes - before.encapsulated_bytes});
    }
    if (after.number != before.number) {
        record.add({.stage = Stage::sealed, .value = before.number});
    }
    if (number && (after.heard != before.heard || (end && is_found_after_opening(end->reason)))) {
        record.add({.stage = Stage::opened, .value = *number});
    }
    if (after.decapsulated_bytes != before.decapsulated_bytes) {
        record.add({.stage = Stage::decapsulated,
                    .value = after.decapsulated_bytes - before.decapsulated_bytes});
    }
}

} // namespace

std::optional<End> find_end(const Footprint& before, const Footprint& after) {
    std::optional<End> consumed;
    for (const Side side : sides) {
        for (std::size_t i = 0; i < reason_count; ++i) {
            const auto reason = static_cast<Reason>(i);
            if (more(before, after, side, reason) == 0 || reason == Reason::fragment_joined) {
                continue;
            }
            if (text(reason).kind == ReasonKind::drop) {
                return End{side, reason};
            }
            consumed = End{side, reason};
        }
    }
    return consumed;
}

void tell_way(const Footprint& before, const Footprint& after,
              const std::array<std::span<rte_mbuf* const>, side_count>& leaving,
              std::optional<std::uint64_t> number, TraceRecord& record) {
    const auto end = find_end(before, after);
    tell_tunnel(before, after, number, end, record);
    const std::size_t sent_outside =
        after.leaving[index(Side::external)] - before.leaving[index(Side::external)];
    const bool in_fragments =
        after.encapsulated_bytes != before.encapsulated_bytes && sent_outside > 1;
    if (in_fragments) {
        record.add({.stage = Stage::fragmented, .value = sent_outside});
    } else if (after.originated != before.originated) {
        record.add({.stage = Stage::answered, .value = after.originated - before.originated});
    }
    if (after.passed != before.passed) {
        record.add({.stage = Stage::passed});
    }
    for (const Side side : sides) {
        for (std::size_t i = before.leaving[index(side)]; i < after.leaving[index(side)]; ++i) {
            record.add(
                {.stage = Stage::sent, .side = side, .value = leaving[index(side)][i]->pkt_len});
        }
    }
    record.verdict = Verdict::sent;
    if (after.fragments > before.fragments) {
        record.add({.stage = Stage::waiting_for_fragments});
        record.verdict = Verdict::waiting;
    } else if (after.waiting > before.waiting) {
        record.add({.stage = Stage::waiting_for_neighbor});
        record.verdict = Verdict::waiting;
    }
    if (end) {
        record.add({.stage = Stage::ended, .side = end->side, .reason = end->reason});
        record.reason = end->reason;
        record.verdict =
            text(end->reason).kind == ReasonKind::drop ? Verdict::dropped : Verdict::consumed;
    }
}

} // namespace mt6d::dataplane
