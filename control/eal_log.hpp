// SPDX-License-Identifier: BSD-3-Clause
// What EAL and its drivers have to say, in the gateway's log.
#pragma once

#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>

namespace mt6d {

// EAL and the drivers log whole messages to a stdio stream; while this lives, it is the one. What
// is worth saying --log-level has decided already. One at a time.
class EalLog {
public:
    EalLog();
    ~EalLog();
    EalLog(const EalLog&) = delete;
    EalLog& operator=(const EalLog&) = delete;

    // The last one, or nothing. Any thread.
    std::string last_error();

private:
    void write(std::string_view text);
    void write_line(int level, std::string_view line);

    std::FILE* stream_ = nullptr;
    std::mutex mutex_;
    std::string last_error_;
};

} // namespace mt6d
