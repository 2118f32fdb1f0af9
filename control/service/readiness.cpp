// SPDX-License-Identifier: BSD-3-Clause
#include "control/service/readiness.hpp"

#include <fmt/format.h>

namespace mt6d::service {
namespace {

std::vector<std::string> lacks(const VitalSigns& signs) {
    std::vector<std::string> found;
    for (const dataplane::Side side : dataplane::sides) {
        if (!signs.link_up[index(side)]) {
            found.push_back(fmt::format("the {} port's link", name(side)));
        }
    }
    // Addresses follow from the time: with a wrong one the peer does not know this gateway's.
    if (!signs.clock_synchronised) {
        found.emplace_back("a synchronised clock");
    }
    return found;
}

} // namespace

bool Readiness::look(const VitalSigns& signs, TimePoint now) {
    const std::vector<std::string> missing = lacks(signs);
    ready_ = ready_ || missing.empty() || now >= deadline_;
    const std::string list = fmt::format("{}", fmt::join(missing, " and "));
    if (ready_) {
        status_ =
            fmt::format("forwarding {} stream{}{}{}", signs.streams, signs.streams == 1 ? "" : "s",
                        list.empty() ? "" : ", without ", list);
    } else {
        status_ = "waiting for " + list;
    }
    return ready_;
}

} // namespace mt6d::service
