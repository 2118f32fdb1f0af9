// SPDX-License-Identifier: BSD-3-Clause
// The section `control`: where an operator reaches the gateway.
#include "tests/unit/config_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mt6d::config {
namespace {

Control control_of(const std::string& lines) {
    MemoryFiles files;
    add_good_files(files);
    const Loaded loaded = load_text(lines + std::string(good_yaml), "etc/c.yaml", {}, files);
    EXPECT_THAT(texts(loaded.errors), testing::IsEmpty());
    return loaded.config ? loaded.config->control : Control{};
}

std::string error_of(const std::string& lines) {
    const auto errors = errors_of(lines + std::string(good_yaml));
    EXPECT_EQ(errors.size(), 1U);
    return errors.empty() ? "" : errors.front();
}

TEST(TheControlSocket, is_named_for_the_gateway_unless_it_is_named_itself) {
    EXPECT_EQ(control_of("").socket, "/run/mt6d/mt6d.sock");
    EXPECT_EQ(control_of("name: site-a\n").socket, "/run/mt6d/site-a.sock");
    EXPECT_EQ(control_of("control: { socket: /srv/x.sock }\n").socket, "/srv/x.sock");
}

TEST(TheControlSocket, can_be_left_out) {
    EXPECT_EQ(control_of("control: { socket: none }\n").socket, "");
}

TEST(TheControlSocket, is_for_the_group_that_is_named) {
    EXPECT_EQ(control_of("").group, "");
    EXPECT_EQ(control_of("control: { group: netops }\n").group, "netops");
}

TEST(TheControlSocket, has_an_absolute_path_that_fits_into_an_address) {
    EXPECT_EQ(error_of("control: { socket: run/x.sock }\n"),
              "etc/c.yaml:1:20: control.socket: 'run/x.sock' is no absolute path of at most 102 "
              "characters: write one like /run/mt6d/site-a.sock, or none");
    EXPECT_NE(error_of("control: { socket: /" + std::string(102, 'x') + " }\n"), "");
}

TEST(TheControlSocket, has_a_group_that_can_be_one) {
    EXPECT_EQ(error_of("control: { group: net ops }\n"),
              "etc/c.yaml:1:19: control.group: 'net ops' is no name of a group: write one of "
              "/etc/group");
}

TEST(TheControlSocket, has_no_other_keys) {
    EXPECT_EQ(error_of("control: { sokket: none }\n"),
              "etc/c.yaml:1:12: unknown key 'sokket' in control; did you mean 'socket'?");
}

} // namespace
} // namespace mt6d::config
