// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/capture.hpp"

#include <pcap/pcap.h>

#include <algorithm>
#include <cstring>

namespace mt6d::dataplane {

void CaptureQueue::keep(Bytes frame) {
    length_ = std::min(frame.size(), largest_record - header_size);
    std::memcpy(scratch_.data() + header_size, frame.data(), length_);
}

// Header and bytes become visible at once: the reader never finds half a record.
void CaptureQueue::push(CaptureHeader header) {
    header.length = static_cast<std::uint32_t>(length_);
    std::memcpy(scratch_.data(), &header, header_size);
    const std::size_t size = header_size + length_;
    if (bytes_.write_available() < size) {
        lost_[static_cast<std::size_t>(header.point)].add();
    } else {
        bytes_.push(scratch_.data(), size);
    }
}

bool CaptureQueue::pop(CaptureHeader& header, std::vector<std::uint8_t>& frame) {
    std::array<std::uint8_t, header_size> head{};
    if (bytes_.pop(head.data(), head.size()) != head.size()) {
        return false;
    }
    std::memcpy(&header, head.data(), head.size());
    frame.resize(header.length);
    bytes_.pop(frame.data(), frame.size());
    return true;
}

// libpcap's interpreter: it neither allocates nor keeps anything.
bool Capture::passes_filter(Bytes frame) const {
    if (filter == nullptr) {
        return true;
    }
    pcap_pkthdr header{};
    header.caplen = header.len = static_cast<bpf_u_int32>(frame.size());
    return pcap_offline_filter(filter, &header, frame.data()) != 0;
}

} // namespace mt6d::dataplane
