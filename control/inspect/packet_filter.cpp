// SPDX-License-Identifier: BSD-3-Clause
#include "control/inspect/packet_filter.hpp"

#include <new>

namespace mt6d {

Result<PacketFilter> PacketFilter::compile(const std::string& expression) {
    constexpr int whole_frames = 65535;
    constexpr int optimize = 1;
    const std::unique_ptr<pcap_t, decltype(&pcap_close)> handle(
        pcap_open_dead(DLT_EN10MB, whole_frames), pcap_close);
    if (handle == nullptr) {
        throw std::bad_alloc();
    }
    std::unique_ptr<bpf_program, Free> program(new bpf_program{});
    if (pcap_compile(handle.get(), program.get(), expression.c_str(), optimize,
                     PCAP_NETMASK_UNKNOWN)
        != 0) {
        return Error{"filter '" + expression + "': " + pcap_geterr(handle.get())
                     + ": pcap-filter(7) has the language"};
    }
    return PacketFilter(std::move(program));
}

} // namespace mt6d
