// SPDX-License-Identifier: BSD-3-Clause
// What tests say of findings.
#pragma once

#include "control/doctor/finding.hpp"

#include <gmock/gmock.h>

#include <ostream>
#include <string>

namespace mt6d::doctor {

inline void PrintTo(const Finding& finding, std::ostream* out) {
    *out << (finding.verdict == Verdict::ok ? "ok" : "not ok") << ": " << finding.text << " # "
         << finding.remedy;
}

MATCHER_P(Ok, text, "") {
    return arg.verdict == Verdict::ok && arg.remedy.empty()
           && testing::Matches(testing::HasSubstr(text))(arg.text);
}
MATCHER_P2(Note, text, remedy, "") {
    return arg.verdict == Verdict::note && testing::Matches(testing::HasSubstr(text))(arg.text)
           && arg.remedy == remedy;
}
MATCHER_P2(Wrong, text, remedy, "") {
    return arg.verdict == Verdict::wrong && testing::Matches(testing::HasSubstr(text))(arg.text)
           && arg.remedy == remedy;
}

} // namespace mt6d::doctor
