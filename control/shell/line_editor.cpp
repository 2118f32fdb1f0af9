// SPDX-License-Identifier: BSD-3-Clause
// For rdline_new(): the only way to have the editor without a file descriptor.
#define ALLOW_EXPERIMENTAL_API
#include "control/shell/line_editor.hpp"

#include <cmdline_rdline.h>

#include <new>
#include <utility>

namespace mt6d::shell {

LineEditor::LineEditor(const Parser& parser, std::string prompt, std::string& screen)
    : parser_(parser), prompt_(std::move(prompt)), screen_(screen) {
    const auto show = [](rdline* self, char c) {
        static_cast<LineEditor*>(rdline_get_opaque(self))->screen_ += c;
        return 0;
    };
    const auto validate = [](rdline*, const char*, unsigned) {}; // feed() says that it is a line
    const auto complete = [](rdline* self, const char* line, char* to, unsigned size, int* state) {
        return static_cast<LineEditor*>(rdline_get_opaque(self))
            ->parser_.complete(line, to, size, state);
    };
    rdline_ = rdline_new(show, validate, complete, this);
    if (rdline_ == nullptr) {
        throw std::bad_alloc();
    }
}

LineEditor::~LineEditor() {
    rdline_free(rdline_);
}

LineEditor::Event LineEditor::feed(char key) {
    switch (rdline_char_in(rdline_, key)) {
    case RDLINE_RES_VALIDATED:
        return Event::line;
    case RDLINE_RES_EOF:
    case RDLINE_RES_EXITED:
        return Event::end;
    default:
        return Event::none;
    }
}

std::string LineEditor::line() const {
    std::string line = rdline_get_buffer(rdline_);
    line.erase(line.find_last_not_of("\r\n") + 1);
    const char* const last = rdline_get_history_item(rdline_, 0);
    if (!line.empty() && (last == nullptr || line != last)) {
        rdline_add_history(rdline_, line.c_str());
    }
    return line;
}

void LineEditor::prompt() {
    rdline_newline(rdline_, prompt_.c_str());
}

} // namespace mt6d::shell
