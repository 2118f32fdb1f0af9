// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/interrupt_wait.hpp"

#include <rte_ethdev.h>
#include <rte_interrupts.h>

#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>

namespace mt6d::dataplane {
namespace {

// One whose end is read by the driver alone: a device or a socket, no counter of events.
bool is_read_by_driver(int descriptor) {
    struct stat about {};
    return fstat(descriptor, &about) == 0 && (S_ISCHR(about.st_mode) || S_ISSOCK(about.st_mode));
}

} // namespace

bool InterruptWait::open(Doorbell& bell) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) {
        return false;
    }
    bell_ = &bell;
    rung_ = {};
    rung_.epdata.event = EPOLLIN;
    if (rte_epoll_ctl(epoll_, EPOLL_CTL_ADD, bell.descriptor(), &rung_) != 0) {
        close();
        return false;
    }
    return true;
}

bool InterruptWait::watch(std::uint16_t port, std::uint16_t queue) {
    Queue& added = queues_[count_];
    added = {port, queue, true, {}};
    const int armed = rte_eth_dev_rx_intr_enable(port, queue);
    if (armed == 0) {
        rte_eth_dev_rx_intr_disable(port, queue);
        if (rte_eth_dev_rx_intr_ctl_q(port, queue, epoll_, RTE_INTR_EVENT_ADD, nullptr) != 0) {
            return false;
        }
    } else if (armed != -ENOTSUP || !watch_descriptor(added)) {
        return false;
    }
    ++count_;
    return true;
}

// net_tap has nothing to arm: what it tells of packets is the descriptor that it reads.
bool InterruptWait::watch_descriptor(Queue& queue) {
    const int descriptor = rte_eth_dev_rx_intr_ctl_q_get_fd(queue.port, queue.queue);
    if (descriptor < 0 || !is_read_by_driver(descriptor)) {
        return false;
    }
    queue.is_armed_by_port = false;
    queue.readable.epdata.event = EPOLLIN;
    return rte_epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &queue.readable) == 0;
}

void InterruptWait::forget(Queue& queue) {
    if (queue.is_armed_by_port) {
        rte_eth_dev_rx_intr_ctl_q(queue.port, queue.queue, epoll_, RTE_INTR_EVENT_DEL, nullptr);
    } else {
        rte_epoll_ctl(epoll_, EPOLL_CTL_DEL, queue.readable.fd, &queue.readable);
    }
}

void InterruptWait::close() {
    if (!is_open()) {
        return;
    }
    for (Queue& queue : std::span(queues_).first(count_)) {
        forget(queue);
    }
    count_ = 0;
    ::close(epoll_);
    epoll_ = -1;
}

void InterruptWait::arm() {
    bell_->arm();
    for (const Queue& queue : std::span(queues_).first(count_)) {
        if (queue.is_armed_by_port) {
            rte_eth_dev_rx_intr_enable(queue.port, queue.queue);
        }
    }
}

bool InterruptWait::block() {
    std::array<rte_epoll_event, most_queues + 1> events{};
    const int count =
        rte_epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), longest_ms);
    const auto come = static_cast<std::size_t>(std::max(count, 0));
    for (const rte_epoll_event& event : std::span(events).first(come)) {
        if (event.fd == bell_->descriptor()) {
            bell_->silence();
        }
    }
    return count > 0;
}

void InterruptWait::disarm() {
    for (const Queue& queue : std::span(queues_).first(count_)) {
        if (queue.is_armed_by_port) {
            rte_eth_dev_rx_intr_disable(queue.port, queue.queue);
        }
    }
    bell_->disarm();
}

} // namespace mt6d::dataplane
