// SPDX-License-Identifier: BSD-3-Clause
// Short pieces of work that service threads have done on the control lcore, since what they need
// belongs to it alone. Control waits for nobody: it takes a few each tick. Who asked waits, but
// not for ever.
#pragma once

#include <mt6d/result.hpp>

#include <boost/lockfree/queue.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <semaphore>

namespace mt6d {

class ControlTasks {
public:
    static constexpr std::size_t capacity = 128;   // that may wait
    static constexpr std::size_t tasks_a_tick = 4; // each is bounded in work by who wrote it
    static constexpr std::chrono::milliseconds patience{2000};

    ControlTasks() = default;
    ~ControlTasks() { close(); }
    ControlTasks(const ControlTasks&) = delete;
    ControlTasks& operator=(const ControlTasks&) = delete;

    // Returns when `work` was done; an error if it was not, and never will be: control did not come
    // to it in time, too many wait, or the gateway ends. Any thread but control's.
    Result<> run(std::function<void()> work, std::chrono::milliseconds deadline = patience);

    // Does a few of those that wait. Control lcore alone, as is this:
    void advance();
    // Whether none is done any more. Any thread.
    [[nodiscard]] bool is_closed() const { return closed_; }
    // None is done any more: those that wait are told.
    void close();

private:
    enum class State : std::uint8_t { waiting, running, done, dropped };
    struct Task {
        explicit Task(std::function<void()> to_do) : work(std::move(to_do)) {}
        std::function<void()> work;
        std::atomic<State> state{State::waiting};
        std::binary_semaphore finished{0};
        // False if the other side was quicker.
        bool move_on(State to) {
            State from = State::waiting;
            return state.compare_exchange_strong(from, to);
        }
    };
    // Shared: whoever is last, the thread that asked or control, frees it.
    using Shared = std::shared_ptr<Task>;
    std::unique_ptr<Shared> next();

    boost::lockfree::queue<Shared*, boost::lockfree::capacity<capacity>> waiting_;
    std::atomic<bool> closed_{false};
};

} // namespace mt6d
