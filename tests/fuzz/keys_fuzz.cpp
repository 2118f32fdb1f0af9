// SPDX-License-Identifier: BSD-3-Clause
// Key exchange's parsers: messages, which anybody may send with the ciphers that authenticate
// nothing, and what a restart finds on the disk. What passes lies inside the input, comes out again
// byte for byte, and can be gone on from. The first byte of an input chooses where to begin.
#include "control/exchange/key_exchange.hpp"
#include "control/state/key_file_format.hpp"
#include "tests/unit/key_exchange_fakes.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <variant>
#include <vector>

namespace {

using namespace mt6d;

using Bytes = std::span<const std::uint8_t>;

constexpr std::int64_t now = 1'800'000'000 * nanoseconds_per_second;

void require(bool truth) {
    if (!truth) {
        std::abort();
    }
}

bool inside(Bytes part, Bytes whole) {
    return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

void look_at_message(Bytes bytes) {
    const auto parsed = parse_key_message(bytes);
    if (const auto* const refusal = std::get_if<KeyRefusal>(&parsed)) {
        require(static_cast<std::size_t>(*refusal) < key_refusal_count);
        return;
    }
    const auto& message = std::get<KeyMessage>(parsed);
    require(inside(message.body, message.before_mac) && inside(message.before_mac, bytes));
    require(message.before_mac.data() == bytes.data());
    require(message.mac.size() == key_message::mac_size && inside(message.mac, bytes));
    require(message.before_mac.size() + message.mac.size() == bytes.size());
    if (message.kind == KeyMethod::x25519 && message.step != KeyStep::confirm) {
        const PublicKey key = message.public_key();
        require(std::ranges::equal(key, message.body));
    }
    const KeyMessageBytes copy(bytes);
    require(std::ranges::equal(copy.bytes(), bytes));
    require(view_key_message(copy).epoch == message.epoch);
}

// A gateway goes on from it, whatever it is, and is due at times to come.
void go_on_from(SavedKeys keys) {
    test::CheapExchangeCrypto crypto;
    test::FakeServices services;
    KeyExchangeSettings settings;
    keys.fingerprint = crypto.fingerprint(settings.key);
    KeyExchange exchange(settings, services, crypto, now);
    KeyActions actions;
    require(exchange.restore(keys, now, actions));
    exchange.message(0, keys.exchange ? keys.exchange->offer.bytes() : Bytes(), now, actions);
    std::int64_t at = now;
    for (int i = 0; i < 20 && exchange.next_deadline(); ++i) {
        at = std::max(at, *exchange.next_deadline());
        exchange.tick(at, {.data_sent = static_cast<std::uint64_t>(i)}, actions);
        require(!exchange.next_deadline() || *exchange.next_deadline() > at);
    }
}

void look_at_saved_keys(Bytes bytes) {
    const auto keys = decode_saved_keys(bytes);
    if (!keys) {
        require(!keys.error().message.empty());
        return;
    }
    require(bytes.size() <= largest_saved_keys);
    require(std::ranges::equal(encode(*keys), bytes));
    go_on_from(*keys);
}

void look_at_file(const StreamIdentity& identity, Bytes bytes) {
    KeyFileBytes file;
    const std::size_t size = std::min(bytes.size(), file.room().size());
    std::copy_n(bytes.begin(), size, file.room().begin());
    file.set_size(size);
    const auto state = file.state(identity);
    if (!state) {
        require(!state.error().message.empty());
        return;
    }
    require(!state->empty() && inside(*state, file.get()));
    const KeyFileBytes again(identity, *state);
    require(std::ranges::equal(again.get(), bytes));
}

// No fuzzer finds a checksum: a file of this state, as it is and with one byte changed.
void look_at_own_file(const StreamIdentity& identity, Bytes state, std::size_t changed) {
    if (state.empty() || state.size() > KeyFileFormat::max_state_size) {
        return;
    }
    const KeyFileBytes file(identity, state);
    const auto same = file.state(identity);
    require(same && std::ranges::equal(*same, state));
    std::vector<std::uint8_t> bytes(file.get().begin(), file.get().end());
    look_at_file(identity, bytes);
    bytes[changed % bytes.size()] ^= 1U;
    KeyFileBytes damaged;
    std::ranges::copy(bytes, damaged.room().begin());
    damaged.set_size(bytes.size());
    require(!damaged.state(identity));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    // A copy of its own: one byte beyond it is an error that the sanitizer sees.
    const std::vector<std::uint8_t> bytes(data + 2, data + size);
    StreamIdentity identity;
    identity.bytes.fill(data[1]);
    switch (data[0] % 4) {
    case 0:
        look_at_message(bytes);
        break;
    case 1:
        look_at_saved_keys(bytes);
        break;
    case 2:
        look_at_file(identity, bytes);
        break;
    default:
        look_at_own_file(identity, bytes, std::size_t{data[1]} * 7);
        break;
    }
    return 0;
}
