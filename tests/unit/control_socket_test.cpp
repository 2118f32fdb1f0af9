// SPDX-License-Identifier: BSD-3-Clause
// The file of the control socket: who may use it, and that one process has it.
#include "control/shell/control_socket.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

namespace mt6d::shell {
namespace {

using testing::HasSubstr;

class ControlSocketTest : public testing::Test {
protected:
    test::TemporaryDirectory directory;
    std::string path = directory.path() + "/below/control.sock";
};

bool connects(const std::string& path) {
    const Descriptor client(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    return ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address))
           == 0;
}

TEST_F(ControlSocketTest, is_made_with_its_directory_for_user_and_group_whatever_the_umask) {
    for (const mode_t mask : {mode_t{0}, mode_t{0777}}) {
        const mode_t before = ::umask(mask);
        const auto socket = ControlSocket::open(path, "");
        ::umask(before);
        ASSERT_TRUE(socket) << socket.error().message;
        struct stat status {};
        ASSERT_EQ(::stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 07777U, 0660U);
        EXPECT_TRUE(connects(path));
    }
}

TEST_F(ControlSocketTest, is_removed_at_its_end_with_its_lock) {
    { ASSERT_TRUE(ControlSocket::open(path, "")); }
    EXPECT_TRUE(std::filesystem::is_empty(directory.path() + "/below"));
}

TEST_F(ControlSocketTest, of_a_living_process_is_refused) {
    const auto first = ControlSocket::open(path, "");
    ASSERT_TRUE(first);
    const auto second = ControlSocket::open(path, "");
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message, HasSubstr("another gateway that runs has it"));
    EXPECT_TRUE(connects(path)) << "the first one goes on";
}

TEST_F(ControlSocketTest, that_a_dead_process_left_is_replaced) {
    std::filesystem::create_directories(directory.path() + "/below");
    {
        const Descriptor left(::socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::copy(path.begin(), path.end(), address.sun_path);
        ASSERT_EQ(::bind(left.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
                  0);
    }
    EXPECT_FALSE(connects(path));
    const auto socket = ControlSocket::open(path, "");
    ASSERT_TRUE(socket) << socket.error().message;
    EXPECT_TRUE(connects(path));
}

TEST_F(ControlSocketTest, does_not_replace_what_is_no_socket) {
    std::filesystem::create_directories(directory.path() + "/below");
    std::ofstream(path) << "precious";
    const auto socket = ControlSocket::open(path, "");
    ASSERT_FALSE(socket);
    EXPECT_THAT(socket.error().message, HasSubstr("is no socket: remove it"));
    EXPECT_EQ(std::filesystem::file_size(path), 8U);
}

TEST_F(ControlSocketTest, names_a_group_that_is_not_there) {
    const auto socket = ControlSocket::open(path, "no-such-group");
    ASSERT_FALSE(socket);
    EXPECT_THAT(socket.error().message, HasSubstr("there is no group 'no-such-group'"));
}

} // namespace
} // namespace mt6d::shell
