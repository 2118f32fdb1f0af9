// SPDX-License-Identifier: BSD-3-Clause
// What a check has found: one sentence each, and the command that mends it.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace mt6d::doctor {

enum class Verdict {
    ok,
    note, // works, and could be better
    wrong // the gateway would not start, or not do what it is for
};

struct Finding {
    Verdict verdict = Verdict::ok;
    std::string text;
    std::string remedy; // for a shell, as root; empty: there is nothing to do, or no command for it
};

class Findings {
public:
    void ok(std::string text) { add(Verdict::ok, std::move(text), {}); }
    void note(std::string text, std::string remedy = {}) {
        add(Verdict::note, std::move(text), std::move(remedy));
    }
    void wrong(std::string text, std::string remedy = {}) {
        add(Verdict::wrong, std::move(text), std::move(remedy));
    }
    [[nodiscard]] const std::vector<Finding>& all() const { return all_; }

private:
    void add(Verdict verdict, std::string text, std::string remedy) {
        all_.push_back({verdict, std::move(text), std::move(remedy)});
    }
    std::vector<Finding> all_;
};

} // namespace mt6d::doctor
