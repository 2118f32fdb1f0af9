// SPDX-License-Identifier: BSD-3-Clause
// A filter expression (pcap-filter(7)), compiled for Ethernet frames.
#pragma once

#include <mt6d/result.hpp>

#include <pcap/pcap.h>

#include <memory>
#include <string>

namespace mt6d {

class PacketFilter {
public:
    static Result<PacketFilter> compile(const std::string& expression);

    [[nodiscard]] const bpf_program* program() const { return program_.get(); }

private:
    struct Free {
        void operator()(bpf_program* program) const {
            pcap_freecode(program);
            delete program;
        }
    };
    explicit PacketFilter(std::unique_ptr<bpf_program, Free> program)
        : program_(std::move(program)) {}

    std::unique_ptr<bpf_program, Free> program_;
};

} // namespace mt6d
