// SPDX-License-Identifier: BSD-3-Clause
// What a client of the control socket and the gateway say to each other:
//
//     client: "text COMMAND\n" or "json COMMAND\n"
//     gateway: "ok SIZE\n" or "error SIZE\n", and SIZE bytes; of a command that is watched as often
//     as it ran, with "more" for "ok" while another follows, until the client sends anything; "bye"
//     for "ok" where the session is over
//
//     client: "prompt\n", then each key as it is pressed
//     gateway: "ok 0\n", then what the terminal shows; at the end, where the user wanted it,
//     end_of_prompt
#pragma once

#include <string_view>

namespace mt6d::shell {

inline constexpr std::string_view end_of_prompt = "\x04"; // EOT

} // namespace mt6d::shell
