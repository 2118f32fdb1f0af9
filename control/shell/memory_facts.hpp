// SPDX-License-Identifier: BSD-3-Clause
// What memory the gateway has and uses.
#pragma once

#include "control/gateway.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace mt6d::shell {

nlohmann::ordered_json memory_facts(const Gateway& gateway);
std::string memory_text(const nlohmann::ordered_json& facts);

} // namespace mt6d::shell
