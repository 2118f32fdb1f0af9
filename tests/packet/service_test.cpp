// SPDX-License-Identifier: BSD-3-Clause
// What a service manager hears around a reload, over the socket that systemd would give. The rest
// of what it hears is a real gateway's: tests/lab/test_service.py.
#include "control/service/service.hpp"
#include "control/state/descriptor.hpp"
#include "tests/support/becomes_true.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <string>

namespace mt6d::service {
namespace {

using testing::HasSubstr;
using testing::Not;

class Manager {
public:
    Manager() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
        const std::string path = directory_.path() + "/notify";
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof(address.sun_path) - 1);
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
        ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    }
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;
    ~Manager() { ::unsetenv("NOTIFY_SOCKET"); }

    // All that came so far.
    const std::string& heard() {
        std::array<char, 512> datagram{};
        for (;;) {
            const ssize_t size = ::recv(socket_.get(), datagram.data(), datagram.size(), 0);
            if (size < 0) {
                return heard_;
            }
            heard_.append(datagram.data(), static_cast<std::size_t>(size)).append("\n");
        }
    }
    bool hears(const std::string& text) {
        return becomes_true([&] { return heard().find(text) != std::string::npos; });
    }
    void forget() { heard_.clear(); }

private:
    test::TemporaryDirectory directory_;
    Descriptor socket_;
    std::string heard_;
};

TEST(Service, tells_of_a_reload_and_of_its_end) {
    Manager manager;
    Service service(
        [] {
            return VitalSigns{.link_up = {true, true}, .clock_synchronised = true};
        },
        std::chrono::seconds(60));
    ASSERT_TRUE(manager.hears("READY=1"));
    manager.forget();
    service.reload_begins();
    EXPECT_TRUE(manager.hears("RELOADING=1\nMONOTONIC_USEC="));
    EXPECT_THAT(manager.heard(), Not(HasSubstr("READY=1")));
    service.reload_ends();
    EXPECT_TRUE(manager.hears("READY=1"));
}

TEST(Service, is_not_made_ready_by_a_reload) {
    Manager manager;
    std::atomic<bool> linked{false};
    Service service(
        [&] {
            return VitalSigns{.link_up = {linked, true}, .clock_synchronised = true, .streams = 1};
        },
        std::chrono::seconds(60));
    ASSERT_TRUE(manager.hears("waiting for the internal port's link"));
    service.reload_begins();
    service.reload_ends();
    EXPECT_THAT(manager.heard(), Not(HasSubstr("READY=1")));
    linked = true;
    EXPECT_TRUE(manager.hears("READY=1\nSTATUS=forwarding 1 stream"));
}

TEST(Service, says_that_it_ends) {
    Manager manager;
    {
        const Service service([] { return VitalSigns{}; }, std::chrono::seconds(60));
    }
    EXPECT_TRUE(manager.hears("STOPPING=1"));
}

} // namespace
} // namespace mt6d::service
