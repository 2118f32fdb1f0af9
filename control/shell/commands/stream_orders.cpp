// SPDX-License-Identifier: BSD-3-Clause
// What an operator can have done to a stream.
#include "control/shell/command_table.hpp"
#include "control/shell/environment.hpp"

#include <array>
#include <functional>
#include <string>

namespace mt6d::shell {
namespace {

// Has `order` done on the control lcore, to the stream of that name.
Result<std::string> on_stream(const Arguments& arguments, Environment& environment,
                              const std::function<void(Gateway&, std::size_t)>& order) {
    const std::string& name = arguments.text("STREAM");
    const auto stream = environment.find_stream(name);
    if (!stream) {
        return stream.error();
    }
    bool is_there = false;
    auto done = environment.on_control([&] {
        Gateway& gateway = environment.gateway();
        is_there = gateway.streams().is_live(stream->id);
        if (is_there) {
            order(gateway, stream->id.slot);
        }
    });
    if (!done) {
        return std::move(done).error();
    }
    return is_there ? Result<std::string>(name) : Error{"stream " + name + " is being removed"};
}

Result<Reply> rotate(const Arguments& arguments, Environment& environment) {
    bool complete = false;
    std::size_t routes = 0;
    const auto name = on_stream(arguments, environment, [&](Gateway& gateway, std::size_t stream) {
        complete = gateway.control().prepare_again(stream);
        routes = gateway.streams().routes(stream).size();
    });
    if (!name) {
        return name.error();
    }
    if (!complete) {
        return Error{"stream " + *name
                     + ": a route cannot be made: there is no next hop (show routers), or no room "
                       "(show memory)"};
    }
    return Reply{.facts = {{"stream", *name}, {"routes", routes}},
                 .text = "stream " + *name + ": " + std::to_string(routes)
                         + " routes are prepared, and announced again\n"};
}

Result<Reply> rekey(const Arguments& arguments, Environment& environment) {
    bool exchanges = false;
    const auto name = on_stream(arguments, environment, [&](Gateway& gateway, std::size_t stream) {
        exchanges = gateway.exchanger() != nullptr && gateway.exchanger()->rekey(stream);
    });
    if (!name) {
        return name.error();
    }
    if (!exchanges) {
        return Error{"stream " + *name
                     + ": it exchanges no keys (rekey.method: off in the configuration)"};
    }
    return Reply{.facts = {{"stream", *name}, {"rekey", "requested"}},
                 .text = "stream " + *name
                         + ": a new key is offered as soon as no exchange is under way; show "
                           "streams tells its epoch\n"};
}

template <bool disabled>
Result<Reply> set_disabled(const Arguments& arguments, Environment& environment) {
    const auto name = on_stream(arguments, environment, [](Gateway& gateway, std::size_t stream) {
        gateway.streams().context(stream).disabled.store(disabled, std::memory_order_relaxed);
    });
    if (!name) {
        return name.error();
    }
    return Reply{.facts = {{"stream", *name}, {"enabled", !disabled}},
                 .text = "stream " + *name
                         + (disabled ? ": disabled, its packets are dropped\n" : ": enabled\n")};
}

constexpr std::array table{
    Command{"rotate STREAM", "Prepares a stream's routes again now, and announces them.", rotate,
            Effect::changes},
    Command{"rekey STREAM", "Replaces a stream's session key now.", rekey, Effect::changes},
    Command{"disable stream STREAM",
            "Drops a stream's packets, until it is enabled; its routes and keys go on.",
            set_disabled<true>, Effect::changes},
    Command{"enable stream STREAM", "Lets a stream's packets pass again.", set_disabled<false>,
            Effect::changes},
};

} // namespace

std::span<const Command> stream_orders() {
    return table;
}

} // namespace mt6d::shell
