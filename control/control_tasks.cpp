// SPDX-License-Identifier: BSD-3-Clause
#include "control/control_tasks.hpp"

#include <fmt/format.h>

#include <utility>

namespace mt6d {

Result<> ControlTasks::run(std::function<void()> work, std::chrono::milliseconds deadline) {
    auto task = std::make_shared<Task>(std::move(work));
    auto queued = std::make_unique<Shared>(task);
    if (!waiting_.bounded_push(queued.get())) {
        return Error{
            fmt::format("the control thread is behind: {} tasks wait; try again", capacity)};
    }
    static_cast<void>(queued.release()); // the queue's now
    if (closed_) {
        close();
    }
    if (!task->finished.try_acquire_for(deadline)) {
        if (task->move_on(State::dropped)) {
            return Error{fmt::format(
                "the control thread did not come to it within {} ms; try again", deadline.count())};
        }
        task->finished.acquire(); // it is at it
    }
    return task->state == State::done ? Result<>{} : Error{"the gateway is ending"};
}

std::unique_ptr<ControlTasks::Shared> ControlTasks::next() {
    Shared* task = nullptr;
    return std::unique_ptr<Shared>(waiting_.pop(task) ? task : nullptr);
}

void ControlTasks::advance() {
    for (std::size_t i = 0; i < tasks_a_tick; ++i) {
        const auto task = next();
        if (task == nullptr) {
            return;
        }
        if ((*task)->move_on(State::running)) {
            (*task)->work();
            (*task)->state = State::done;
            (*task)->finished.release();
        }
    }
}

void ControlTasks::close() {
    closed_ = true;
    while (const auto task = next()) {
        if ((*task)->move_on(State::dropped)) {
            (*task)->finished.release();
        }
    }
}

} // namespace mt6d
