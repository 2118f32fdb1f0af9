// SPDX-License-Identifier: BSD-3-Clause
// A line as it is typed: editing, history, completion, help, by librte_cmdline's line editor. Keys
// come in, what the terminal is to show comes out. One thread.
#pragma once

#include "control/shell/parser.hpp"

#include <memory>
#include <string>
#include <string_view>

struct rdline;

namespace mt6d::shell {

class LineEditor {
public:
    // What there is to show is appended to `screen`. Both outlive the editor.
    LineEditor(const Parser& parser, std::string prompt, std::string& screen);
    ~LineEditor();
    LineEditor(const LineEditor&) = delete;
    LineEditor& operator=(const LineEditor&) = delete;

    enum class Event { none, line, end }; // end: the user wants no more (Ctrl-D)
    Event feed(char key);
    // After Event::line.
    [[nodiscard]] std::string line() const;
    // Begins another line.
    void prompt();

private:
    const Parser& parser_;
    std::string prompt_;
    std::string& screen_;
    rdline* rdline_;
};

} // namespace mt6d::shell
