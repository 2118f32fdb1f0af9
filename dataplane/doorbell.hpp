// SPDX-License-Identifier: BSD-3-Clause
// By which a thread that has something for a worker wakes it, if it is blocked. Who rings first
// leaves what it has (a packet in a ring, a pointer, a flag), then looks whether the worker is
// about to block; the worker first says so, then looks once more whether there is anything. Each
// puts a full fence between its two steps, so at least one of them sees what the other did: either
// the worker does not block, or it is woken. A ring too many costs the worker a turn, and no more.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace mt6d::dataplane {

class Doorbell {
public:
    Doorbell() = default;
    ~Doorbell() {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
    }
    Doorbell(const Doorbell&) = delete;
    Doorbell& operator=(const Doorbell&) = delete;

    // Before threads share it. False: errno says why. One that is not open is never armed, and to
    // ring it costs a comparison.
    bool open() {
        descriptor_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        return descriptor_ >= 0;
    }
    // Readable when it was rung.
    [[nodiscard]] int descriptor() const { return descriptor_; }

    // Any thread, after it left what it has.
    void ring() {
        if (descriptor_ < 0) {
            return;
        }
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (armed_.load(std::memory_order_relaxed)
            && armed_.exchange(false, std::memory_order_relaxed)) {
            [[maybe_unused]] const int done = eventfd_write(descriptor_, 1);
        }
    }

    // --- the worker
    // Before it looks a last time.
    void arm() {
        armed_.store(true, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_seq_cst);
    }
    void disarm() { armed_.store(false, std::memory_order_relaxed); }
    // After descriptor() was readable.
    void silence() {
        eventfd_t rings = 0;
        [[maybe_unused]] const int done = eventfd_read(descriptor_, &rings);
    }

private:
    int descriptor_ = -1;
    std::atomic<bool> armed_{false};
};

} // namespace mt6d::dataplane
