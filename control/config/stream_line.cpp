// SPDX-License-Identifier: BSD-3-Clause
// A message never repeats a field: where fields are missing or mixed up, any of them may be the
// key.
#include "control/config/stream_line.hpp"

#include "control/config/scalars.hpp"
#include "control/config/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mt6d::config {

namespace {

constexpr std::size_t longest_name = 127;

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

struct Field {
    std::string_view text;
    Position at;
};

class Fields {
public:
    Fields(std::string_view line, std::uint32_t number) : line_(line), number_(number) {}

    std::optional<Field> next() {
        while (offset_ < line_.size() && is_blank(line_[offset_])) {
            ++offset_;
        }
        if (offset_ == line_.size()) {
            return std::nullopt;
        }
        const std::size_t begin = offset_;
        while (offset_ < line_.size() && !is_blank(line_[offset_])) {
            ++offset_;
        }
        return Field{line_.substr(begin, offset_ - begin),
                     {Origin::streams_file, number_, static_cast<std::uint32_t>(begin + 1)}};
    }

private:
    std::string_view line_;
    std::uint32_t number_;
    std::size_t offset_ = 0;
};

class LineParser {
public:
    LineParser(std::string_view line, std::uint32_t number, KeyPlace key,
               const StreamSurroundings& context)
        : fields_(line, number), end_{Origin::streams_file, number,
                                      static_cast<std::uint32_t>(line.size() + 1)},
          key_(key), context_(context) {}

    void parse() {
        read_host(stream_.local, at_.local, "local");
        read_host(stream_.remote, at_.remote, "remote");
        read_key();
        while (complete_) {
            const auto field = fields_.next();
            if (!field) {
                break;
            }
            read_option(*field);
        }
        if (!good_) {
            return;
        }
        stream_.options = resolve(draft_, context_.defaults, context_.diagnostics);
        at_.stream = at_.local;
        at_.rotation = draft_.rotation ? draft_.rotation->at : at_.local;
        name(stream_.local);
        name(stream_.remote);
        if (stream_.name.empty()) {
            stream_.name = stream_.local.name + "-" + stream_.remote.name;
        }
        check_reachable(stream_.remote, at_.remote, context_);
        context_.set.add(std::move(stream_), at_);
    }

private:
    void error(Position at, std::string message) {
        context_.diagnostics.error(at, std::move(message));
        good_ = false;
    }

    std::optional<Field> next(std::string_view what) {
        if (!complete_) {
            return std::nullopt;
        }
        const auto field = fields_.next();
        if (!field) {
            error(end_, fmt::format("the line ends before {}: write {}", what, form_of_line(key_)));
            complete_ = false;
        }
        return field;
    }

    void read_host(Host& host, Position& at, std::string_view side) {
        if (const auto field = next(fmt::format("the {} host's address", side))) {
            at = field->at;
            if (const auto address = Ipv6Address::parse(field->text); !address) {
                error(at, fmt::format("the {} host's address is not an IPv6 address: write it "
                                      "like 2001:db8::1",
                                      side));
            } else if (const auto checked = parse_host_address(field->text); !checked) {
                error(at, checked.error().message);
            } else {
                host.address = *checked;
            }
        }
        if (const auto field = next(fmt::format("the {} host's MAC address", side))) {
            if (const auto mac = MacAddress::parse(field->text); !mac) {
                error(field->at, fmt::format("the {} host's MAC address is not one: write it like "
                                             "02:00:00:00:00:01",
                                             side));
            } else if (const auto checked = parse_mac(field->text); !checked) {
                error(field->at, checked.error().message);
            } else {
                host.mac = *checked;
            }
        }
    }

    void read_key() {
        if (key_ == KeyPlace::in_file) {
            read_key_of_file();
            return;
        }
        const auto field = next("the key");
        if (!field) {
            return;
        }
        if (auto key = SessionKey::from_hex(field->text)) {
            stream_.key = *std::move(key);
        } else {
            error(field->at, key.error().message);
        }
    }

    // What stands there instead is not repeated: it may be the key itself.
    void read_key_of_file() {
        const auto keyword = next("key-file and the name of a file");
        if (keyword && keyword->text != "key-file") {
            error(keyword->at, "a key is named by its file alone, never written here: write "
                               "key-file and the name of a file made with mt6dctl keygen");
            complete_ = false;
        }
        const auto field = next("the name of the key file");
        if (!field) {
            return;
        }
        const std::string path = resolve_path(context_.directory, std::string(field->text));
        if (auto key = read_key_file(path, context_.files)) {
            stream_.key = *std::move(key);
        } else {
            error(field->at, fmt::format("key file {}: {}", quoted(path), key.error().message));
        }
    }

    void read_option(const Field& field) {
        const auto equals = field.text.find('=');
        const std::string_view key = field.text.substr(0, equals);
        const auto known = std::find(option_names().begin(), option_names().end(), key);
        if (equals == std::string_view::npos || known == option_names().end()) {
            error(field.at,
                  fmt::format("not an option: write one of {} after the key, as "
                              "option=value{}",
                              fmt::join(option_names(), ", "), suggestion(key, option_names())));
            return;
        }
        const unsigned bit = 1U << static_cast<unsigned>(known - option_names().begin());
        if ((options_seen_ & bit) != 0) {
            error(field.at, fmt::format("the option {} stands twice: keep one of them", key));
            return;
        }
        options_seen_ |= bit;
        if (const auto set = set_option(key, field.text.substr(equals + 1), field.at); !set) {
            error(field.at, fmt::format("{}: {}", key, set.error().message));
        }
    }

    Result<> set_option(std::string_view key, std::string_view text, Position at) {
        if (key == "name") {
            auto parsed = parse_name(text, longest_name);
            if (!parsed) {
                return std::move(parsed).error();
            }
            stream_.name = *std::move(parsed);
            return {};
        }
        if (key == "local_prefix" || key == "remote_prefix") {
            const auto parsed = parse_hashed_prefix(text);
            if (!parsed) {
                return parsed.error();
            }
            (key == "local_prefix" ? stream_.local : stream_.remote).hashed_prefix = *parsed;
            return {};
        }
        return set_stream_option(draft_, key, text, at);
    }

    // Names a host as `hosts` does, if it does; else by its address.
    void name(Host& host) const {
        const auto declared = context_.hosts.by_address.find(host.address);
        host.name = declared != context_.hosts.by_address.end() ? declared->second->host.name
                                                                : host.address.text();
    }

    static const std::vector<std::string_view>& option_names() {
        static const std::vector<std::string_view> names = [] {
            std::vector<std::string_view> list{"local_prefix", "remote_prefix", "name"};
            const auto options = stream_option_names();
            list.insert(list.end(), options.begin(), options.end());
            return list;
        }();
        return names;
    }

    Fields fields_;
    Position end_;
    const KeyPlace key_;
    const StreamSurroundings& context_;
    Stream stream_;
    StreamPositions at_;
    StreamOptionsDraft draft_;
    unsigned options_seen_ = 0;
    bool complete_ = true; // no field was missing so far
    bool good_ = true;     // nothing was reported so far
};

} // namespace

std::string_view form_of_line(KeyPlace key) {
    return key == KeyPlace::in_line ? "LOCAL_ADDRESS LOCAL_MAC REMOTE_ADDRESS REMOTE_MAC KEY "
                                      "[option=value]..."
                                    : "LOCAL_ADDRESS LOCAL_MAC REMOTE_ADDRESS REMOTE_MAC key-file "
                                      "FILE [option=value]...";
}

void read_stream_line(std::string_view line, std::uint32_t number, KeyPlace key,
                      const StreamSurroundings& context) {
    LineParser(line, number, key, context).parse();
}

Result<Stream> read_added_stream(std::string_view line, const Config& running,
                                 std::span<const StreamPtr> streams, FileReader& files) {
    Diagnostics diagnostics("the running gateway");
    diagnostics.set_streams_file("add stream");
    Hosts hosts;
    StreamSet set(hosts, diagnostics);
    for (const StreamPtr& stream : streams) {
        set.add(*stream, {});
    }
    const StreamOptionsDraft built_in;
    const std::string directory = directory_of(running.file);
    const StreamSurroundings context{
        directory, files,      running,
        true,      hosts,      running.defaults == nullptr ? built_in : *running.defaults,
        set,       diagnostics};
    read_stream_line(line, 1, KeyPlace::in_file, context);
    if (diagnostics.failed()) {
        const Diagnostic first = diagnostics.errors().front();
        return Error{first.text()};
    }
    return set.take().back();
}

} // namespace mt6d::config
