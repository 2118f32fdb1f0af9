// SPDX-License-Identifier: BSD-3-Clause
#include "control/exchange/saved_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace mt6d {

namespace {

constexpr std::uint8_t version = 1;
// Nanoseconds of it fit 64 bits, with years to spare: 2255.
constexpr std::int64_t latest_change_time = 9'000'000'000;

// version | flags | fingerprint | current | [previous] | [exchange]
namespace flag {
constexpr std::uint8_t previous = 1;
constexpr std::uint8_t exchange = 2;
constexpr std::uint8_t known = previous | exchange;
} // namespace flag

class Writer {
public:
    explicit Writer(SavedKeysBytes& bytes) : bytes_(bytes) {}

    void byte(std::uint8_t value) { bytes_.push_back(value); }
    void append(std::span<const std::uint8_t> part) {
        bytes_.insert(bytes_.end(), part.begin(), part.end());
    }
    // With their length, a byte, before them.
    void counted(std::span<const std::uint8_t> part) {
        byte(static_cast<std::uint8_t>(part.size()));
        append(part);
    }
    template <class T>
    void number(BigEndian<T> value) {
        append({reinterpret_cast<const std::uint8_t*>(&value), sizeof(value)});
    }
    void key(const EpochKey& key) {
        number(be32_t(key.epoch));
        number(be64_t(static_cast<std::uint64_t>(key.change_time)));
        counted(key.key.bytes());
    }

private:
    SavedKeysBytes& bytes_;
};

// After the first thing that is wrong it returns zeros, and ok() is false.
class Reader {
public:
    explicit Reader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    void fail() { ok_ = false; }

    std::span<const std::uint8_t> take(std::size_t size) {
        if (!ok_ || size > rest_.size()) {
            ok_ = false;
            return {};
        }
        const auto part = rest_.first(size);
        rest_ = rest_.subspan(size);
        return part;
    }
    std::uint8_t byte() {
        const auto part = take(1);
        return part.empty() ? std::uint8_t{0} : part.front();
    }
    template <class T>
    T number() {
        BigEndian<T> value;
        const auto part = take(sizeof(value));
        if (!part.empty()) {
            std::memcpy(&value, part.data(), sizeof(value));
        }
        return value.value();
    }
    EpochKey key() {
        EpochKey key;
        key.epoch = number<std::uint32_t>();
        key.change_time = static_cast<std::int64_t>(number<std::uint64_t>());
        const auto bytes = take(byte());
        if (key.epoch == 0) {
            ok_ = ok_ && bytes.empty();
        } else if (auto read = config::SessionKey::from_bytes(bytes)) {
            key.key = *read;
        } else {
            ok_ = false;
        }
        return key;
    }
    // Empty, or a message of this step and subject.
    KeyMessageBytes message(KeyStep step, const EpochKey& key) {
        const auto bytes = take(byte());
        const auto parsed = parse_key_message(bytes);
        const auto* const message = std::get_if<KeyMessage>(&parsed);
        if (!ok_ || message == nullptr || message->step != step || message->epoch != key.epoch
            || message->change_time != static_cast<std::uint32_t>(key.change_time)) {
            ok_ = false;
            return {};
        }
        return KeyMessageBytes(bytes);
    }

private:
    std::span<const std::uint8_t> rest_;
    bool ok_ = true;
};

SavedExchange read_exchange(Reader& reader) {
    SavedExchange exchange;
    const std::uint8_t role = reader.byte();
    const std::uint8_t agreed = reader.byte();
    if (role < 1 || role > 2 || agreed > 1) {
        reader.fail();
    }
    exchange.role = static_cast<KeyRole>(role);
    exchange.agreed = agreed == 1;
    exchange.base = reader.number<std::uint32_t>();
    exchange.next = reader.key();
    if (exchange.role == KeyRole::responder) {
        exchange.offer = reader.message(KeyStep::offer, exchange.next);
        exchange.answer = reader.message(KeyStep::accept, exchange.next);
    } else {
        exchange.answer = reader.message(KeyStep::confirm, exchange.next);
    }
    return exchange;
}

bool has_possible_time(const EpochKey& key) {
    return key.change_time >= 0 && key.change_time <= latest_change_time;
}

bool is_of_one_kind(const SavedExchange& exchange) {
    return exchange.role == KeyRole::initiator
           || view_key_message(exchange.offer).kind == view_key_message(exchange.answer).kind;
}

// What the state machine itself never saves. Precondition: its messages parsed.
bool is_possible(const SavedKeys& keys) {
    if (!has_possible_time(keys.current)
        || (keys.previous
            && (keys.previous->epoch >= keys.current.epoch
                || !has_possible_time(*keys.previous)))) {
        return false;
    }
    if (!keys.exchange) {
        return true;
    }
    const SavedExchange& exchange = *keys.exchange;
    return has_possible_time(exchange.next) && is_of_one_kind(exchange)
           && exchange.next.epoch > keys.current.epoch
           && (exchange.base == 0 || exchange.base == keys.current.epoch)
           && (exchange.agreed || exchange.role == KeyRole::responder);
}

} // namespace

SavedKeysBytes encode(const SavedKeys& keys) {
    SavedKeysBytes bytes;
    bytes.reserve(largest_saved_keys); // no copy of a key stays behind where it grew
    Writer writer(bytes);
    writer.byte(version);
    writer.byte(static_cast<std::uint8_t>((keys.previous ? flag::previous : 0)
                                          | (keys.exchange ? flag::exchange : 0)));
    writer.append(keys.fingerprint);
    writer.key(keys.current);
    if (keys.previous) {
        writer.key(*keys.previous);
    }
    if (keys.exchange) {
        writer.byte(static_cast<std::uint8_t>(keys.exchange->role));
        writer.byte(keys.exchange->agreed ? 1 : 0);
        writer.number(be32_t(keys.exchange->base));
        writer.key(keys.exchange->next);
        if (keys.exchange->role == KeyRole::responder) {
            writer.counted(keys.exchange->offer.bytes());
        }
        writer.counted(keys.exchange->answer.bytes());
    }
    return bytes;
}

Result<SavedKeys> decode_saved_keys(std::span<const std::uint8_t> bytes) {
    Reader reader(bytes);
    const std::uint8_t found = reader.byte();
    if (reader.ok() && found != version) {
        return Error{fmt::format("the saved keys have version {}, and this gateway reads {}", found,
                                 version)};
    }
    const std::uint8_t flags = reader.byte();
    SavedKeys keys;
    const auto fingerprint = reader.take(keys.fingerprint.size());
    std::copy(fingerprint.begin(), fingerprint.end(), keys.fingerprint.begin());
    keys.current = reader.key();
    if ((flags & flag::previous) != 0) {
        keys.previous = reader.key();
    }
    if ((flags & flag::exchange) != 0) {
        keys.exchange = read_exchange(reader);
    }
    if (!reader.ok() || !reader.at_end() || (flags & ~unsigned{flag::known}) != 0
        || !is_possible(keys)) {
        return Error{"the saved keys are damaged: the stream recovers without them"};
    }
    return keys;
}

} // namespace mt6d
