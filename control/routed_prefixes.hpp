// SPDX-License-Identifier: BSD-3-Clause
// Which hashed addresses no link asks for, by the configuration. Pure.
#pragma once

#include "control/config/config.hpp"
#include "dataplane/forwarding.hpp"

#include <span>

namespace mt6d {

// `here`: what the configuration says, and the hashed prefixes of local hosts; `beyond`: those of
// remote hosts. Left out are prefixes that are on-link, or in which streams' true addresses lie:
// there neighbours look for what is in it.
dataplane::RoutedPrefixes routed_prefixes(const config::External& external,
                                          std::span<const config::Stream* const> streams);

} // namespace mt6d
