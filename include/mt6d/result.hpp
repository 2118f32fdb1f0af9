// SPDX-License-Identifier: BSD-3-Clause
// Failure is a value: control code returns Result<T>, whose error says what went wrong, where,
// and how to mend it.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace mt6d {

struct Error {
    std::string message;

    // "context: message", for the caller that knows where it happened.
    [[nodiscard]] Error in(const std::string& context) && {
        return Error{context + ": " + std::move(message)};
    }
};

template <class T = std::monostate>
class [[nodiscard]] Result {
public:
    Result() requires std::is_default_constructible_v<T>
    = default;
    Result(T value) : state_(std::move(value)) {}     // NOLINT(google-explicit-constructor)
    Result(Error error) : state_(std::move(error)) {} // NOLINT(google-explicit-constructor)

    explicit operator bool() const { return std::holds_alternative<T>(state_); }

    // Precondition for the value accessors: the result holds a value.
    T& operator*() & { return std::get<T>(state_); }
    const T& operator*() const& { return std::get<T>(state_); }
    T&& operator*() && { return std::get<T>(std::move(state_)); }
    T* operator->() { return &std::get<T>(state_); }
    const T* operator->() const { return &std::get<T>(state_); }

    // Precondition: the result holds an error.
    [[nodiscard]] const Error& error() const& { return std::get<Error>(state_); }
    [[nodiscard]] Error&& error() && { return std::get<Error>(std::move(state_)); }

private:
    std::variant<T, Error> state_;
};

} // namespace mt6d
