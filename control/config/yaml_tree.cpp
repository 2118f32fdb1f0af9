// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/yaml_tree.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <functional>
#include <sstream>

namespace mt6d::config {

namespace {

// Bounds that no honest configuration meets, so that a hostile one costs little.
constexpr std::size_t max_depth = 16;
constexpr std::size_t max_keys = 100;

// Ends the parse: what is wrong leaves no tree.
struct Refusal {
    Position at;
    std::string message;
};

using Locate = std::function<Position(const YAML::Mark&)>;

Position in_file(const YAML::Mark& mark) {
    if (mark.is_null()) {
        return {Origin::file, 1, 1};
    }
    return {Origin::file, static_cast<std::uint32_t>(mark.line + 1),
            static_cast<std::uint32_t>(mark.column + 1)};
}

class TreeBuilder final : public YAML::EventHandler {
public:
    TreeBuilder(Locate locate, Diagnostics& diagnostics)
        : locate_(std::move(locate)), diagnostics_(diagnostics) {}

    [[nodiscard]] Value take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1) {
            throw Refusal{locate_(mark), "a second document begins here, and a file holds one "
                                         "configuration: remove it and its '---'"};
        }
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        place(make(Value::Kind::null, mark, "", anchor));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
        diagnostics_.error(locate_(mark),
                           "aliases (*name) are not read here: write the value itself");
        place(make(Value::Kind::refused, mark, "", YAML::NullAnchor));
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& text) override {
        Value value = make(Value::Kind::scalar, mark, tag, anchor);
        value.text = text;
        value.quoted = tag == "!"; // yaml-cpp's mark of a scalar in quotes
        place(std::move(value));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        open(make(Value::Kind::sequence, mark, tag, anchor));
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        open(make(Value::Kind::mapping, mark, tag, anchor));
    }
    void OnMapEnd() override { close(); }

private:
    // A sequence or mapping that is not complete yet; a mapping alternates key and value.
    struct Open {
        Value value;
        std::optional<Value> key;
    };

    Value make(Value::Kind kind, const YAML::Mark& mark, const std::string& tag,
               YAML::anchor_t anchor) {
        Value value;
        value.kind = kind;
        value.at = locate_(mark);
        if (anchor != YAML::NullAnchor) {
            diagnostics_.error(value.at, "anchors (&name) are not read here: remove it");
        }
        if (!tag.empty() && tag != "?" && tag != "!") {
            diagnostics_.error(value.at, "tags (!name) are not read here: remove it");
        }
        return value;
    }

    void open(Value value) {
        if (open_.size() == max_depth) {
            throw Refusal{value.at, fmt::format("nested deeper than {} levels: nothing in a "
                                                "configuration is",
                                                max_depth)};
        }
        open_.push_back({std::move(value), std::nullopt});
    }

    void close() {
        Value value = std::move(open_.back().value);
        open_.pop_back();
        place(std::move(value));
    }

    void place(Value value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return;
        }
        Open& parent = open_.back();
        if (parent.value.kind == Value::Kind::sequence) {
            parent.value.items.push_back(std::move(value));
        } else if (!parent.key) {
            parent.key = std::move(value);
        } else {
            const Value key = std::move(*parent.key);
            parent.key.reset();
            add_entry(parent.value, key, std::move(value));
        }
    }

    void add_entry(Value& mapping, const Value& key, Value value) {
        if (key.kind != Value::Kind::scalar) {
            if (key.kind != Value::Kind::refused) {
                diagnostics_.error(key.at, "a key must be one word, like 'name:'");
            }
            return;
        }
        if (const Entry* const first = mapping.find(key.text)) {
            diagnostics_.error(key.at,
                               fmt::format("repeated key {}, first in {}: keep one of them",
                                           quoted(key.text), diagnostics_.where(first->at)));
            return;
        }
        if (mapping.entries.size() == max_keys) {
            throw Refusal{key.at, fmt::format("more than {} keys in one section", max_keys)};
        }
        if (value.kind == Value::Kind::null) {
            value.at = key.at; // an absent value has no position worth telling
        }
        mapping.entries.push_back({key.text, key.at, std::move(value)});
    }

    Locate locate_;
    Diagnostics& diagnostics_;
    Value root_;
    std::vector<Open> open_;
    unsigned documents_ = 0;
};

std::optional<Value> parse(std::istream& stream, const Locate& locate, Diagnostics& diagnostics) {
    try {
        TreeBuilder builder(locate, diagnostics);
        YAML::Parser parser(stream);
        if (!parser.HandleNextDocument(builder)) {
            return Value{};
        }
        while (parser.HandleNextDocument(builder)) {
        }
        return builder.take();
    } catch (const Refusal& refusal) {
        diagnostics.error(refusal.at, refusal.message);
    } catch (const YAML::Exception& error) {
        diagnostics.error(locate(error.mark), "not valid YAML: " + error.msg
                                                  + " (mind indentation, colons and brackets)");
    }
    return std::nullopt;
}

} // namespace

const Entry* Value::find(std::string_view key) const {
    const auto entry = std::find_if(entries.begin(), entries.end(),
                                    [key](const Entry& e) { return e.key == key; });
    return entry == entries.end() ? nullptr : &*entry;
}

Entry* Value::find(std::string_view key) {
    return const_cast<Entry*>(static_cast<const Value*>(this)->find(key));
}

std::optional<Value> parse_yaml(std::string_view text, Diagnostics& diagnostics) {
    std::istringstream stream{std::string(text)};
    return parse(stream, in_file, diagnostics);
}

std::optional<Value> parse_yaml_value(const std::string& text, Position at,
                                      Diagnostics& diagnostics) {
    std::istringstream stream(text);
    return parse(
        stream, [at](const YAML::Mark&) { return at; }, diagnostics);
}

} // namespace mt6d::config
