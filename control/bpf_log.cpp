// SPDX-License-Identifier: BSD-3-Clause
#include "control/bpf_log.hpp"

#include "control/log.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdarg>
#include <cstdio>
#include <string_view>

namespace mt6d {

namespace {

// As both libraries declare it. The gateway is not linked to them: they come with the driver.
using PrintFunction = int (*)(int level, const char* format, std::va_list arguments);
using SetPrint = PrintFunction (*)(PrintFunction);
constexpr int warning_level = 0;
constexpr int info_level = 1; // the next is for those who debug these libraries

// Without a BPF file system the XDP program is loaded without a dispatcher that could share the
// interface with other programs: as good here.
bool is_harmless(std::string_view text) {
    return text.find("bpffs") != text.npos || text.find("dispatcher") != text.npos;
}

int print(int level, const char* format, std::va_list arguments) {
    if (level > info_level) {
        return 0;
    }
    std::array<char, 512> buffer{};
    std::vsnprintf(buffer.data(), buffer.size(), format, arguments);
    std::string_view text(buffer.data());
    while (text.ends_with('\n')) {
        text.remove_suffix(1);
    }
    const bool tell = level == warning_level && !is_harmless(text);
    log::write(tell ? log::Level::warning : log::Level::debug, "xdp", text);
    return 0;
}

void take(const char* library, const char* setter) {
    void* const handle = dlopen(library, RTLD_NOLOAD | RTLD_NOW);
    if (handle == nullptr) {
        return;
    }
    if (void* const symbol = dlsym(handle, setter); symbol != nullptr) {
        std::bit_cast<SetPrint>(symbol)(print);
    }
    dlclose(handle); // the driver still holds it
}

} // namespace

void take_bpf_messages() {
    take("libbpf.so.1", "libbpf_set_print");
    take("libxdp.so.1", "libxdp_set_print");
}

} // namespace mt6d
