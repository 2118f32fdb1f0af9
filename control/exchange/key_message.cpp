// SPDX-License-Identifier: BSD-3-Clause
#include "control/exchange/key_message.hpp"

#include <cstring>

namespace mt6d {

namespace {

constexpr std::size_t header_size = sizeof(KeyMessageHeader);

KeyMac compute_mac(ExchangeCrypto& crypto, const SecretBytes<32>& key,
                   std::span<const std::uint8_t> before_mac,
                   const std::optional<PublicKeys>& keys) {
    if (!keys) {
        return crypto.mac(key, {before_mac});
    }
    return crypto.mac(key, {before_mac, keys->initiator, keys->responder});
}

} // namespace

PublicKey KeyMessage::public_key() const {
    PublicKey key{};
    std::copy_n(body.begin(), key.size(), key.begin());
    return key;
}

std::variant<KeyMessage, KeyRefusal> parse_key_message(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < key_message::smallest) {
        return KeyRefusal::too_short;
    }
    KeyMessageHeader header{};
    std::memcpy(&header, bytes.data(), header_size);
    KeyMessage message;
    message.kind = static_cast<KeyMethod>(header.kind);
    message.step = static_cast<KeyStep>(header.message);
    if (message.kind != KeyMethod::wrap && message.kind != KeyMethod::x25519) {
        return KeyRefusal::unknown_kind;
    }
    if (message.step < KeyStep::offer || message.step > KeyStep::confirm) {
        return KeyRefusal::unknown_message;
    }
    const std::size_t body_size = key_message::body_size(message.kind, message.step);
    if (bytes.size() != key_message::smallest + body_size) {
        return KeyRefusal::wrong_length;
    }
    message.epoch = header.epoch.value();
    message.change_time = header.change_time.value();
    message.body = bytes.subspan(header_size, body_size);
    message.before_mac = bytes.first(header_size + body_size);
    message.mac = bytes.last(key_message::mac_size);
    return message;
}

KeyMessage view_key_message(const KeyMessageBytes& bytes) {
    return std::get<KeyMessage>(parse_key_message(bytes.bytes()));
}

KeyMessageBytes make_key_message(ExchangeCrypto& crypto, const KeyMessageSubject& subject,
                                 KeyStep step, std::span<const std::uint8_t> body,
                                 const SecretBytes<32>& mac_key,
                                 const std::optional<PublicKeys>& keys) {
    const KeyMessageHeader header{.kind = static_cast<std::uint8_t>(subject.kind),
                                  .message = static_cast<std::uint8_t>(step),
                                  .epoch = be32_t(subject.epoch),
                                  .change_time = be32_t(subject.change_time)};
    KeyMessageBytes message(std::span(reinterpret_cast<const std::uint8_t*>(&header), header_size));
    message.append(body);
    message.append(compute_mac(crypto, mac_key, message.bytes(), keys));
    return message;
}

bool has_right_mac(ExchangeCrypto& crypto, const KeyMessage& message,
                   const SecretBytes<32>& mac_key, const std::optional<PublicKeys>& keys) {
    return same_mac(message.mac.first<key_message::mac_size>(),
                    compute_mac(crypto, mac_key, message.before_mac, keys));
}

} // namespace mt6d
