// SPDX-License-Identifier: BSD-3-Clause
// Collects records into as few reports as they fit, and makes no more messages than allowed.
#pragma once

#include "control/mld_message.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace mt6d {

class MldPacker {
public:
    // `record_room`: bytes of records in one report. `limit`: messages.
    MldPacker(MldMessages& messages, std::size_t record_room, std::size_t limit)
        : messages_(messages), record_room_(record_room), left_(limit) {}

    // So many messages are kept back until grant().
    void reserve(std::size_t count) {
        reserved_ += count;
        left_ -= count;
    }
    void grant() { left_ += std::exchange(reserved_, 0); }

    // False: no message is left for it.
    bool put(MldRecord record) {
        if (report_ == none || record.size() > room_) {
            if (!take()) {
                return false;
            }
            messages_.emplace_back(std::in_place_type<MldReport>);
            report_ = messages_.size() - 1;
            room_ = record_room_;
        }
        room_ -= record.size();
        std::get<MldReport>(messages_[report_]).records.push_back(std::move(record));
        return true;
    }
    bool put(const MldReportV1& report) { return put_alone(report); }
    bool put(const MldDone& done) { return put_alone(done); }

private:
    bool take() {
        const bool some = left_ > 0;
        left_ -= some ? 1 : 0;
        return some;
    }
    template <class Message>
    bool put_alone(const Message& message) {
        if (!take()) {
            return false;
        }
        messages_.emplace_back(message);
        return true;
    }

    static constexpr std::size_t none = SIZE_MAX;

    MldMessages& messages_;
    std::size_t record_room_;
    std::size_t left_;
    std::size_t reserved_ = 0;
    std::size_t report_ = none; // the one being filled
    std::size_t room_ = 0;      // bytes left in it
};

} // namespace mt6d
