// SPDX-License-Identifier: BSD-3-Clause
#include "tools/mt6dctl/import/site.hpp"

#include "control/config/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace mt6d::importer {

namespace {

class Assembly {
public:
    Assembly(const Original& original, const std::vector<std::string>& local, Problems& problems)
        : original_(original), problems_(problems) {
        refuse_repeated_users();
        for (const std::string& host : local) {
            if (const User* const user = find_user(host)) {
                local_.insert(user->name);
            } else {
                problems_.add("--local " + config::quoted(host),
                              "is no host of the file users: write one that is");
            }
        }
    }

    Site assemble() {
        for (const Profile& profile : original_.profiles) {
            add_profile(profile);
        }
        for (const User& user : original_.users) {
            add_host(user);
        }
        if (original_.profiles.empty() && problems_.empty()) {
            problems_.add(original_.settings_file, "leads to no profile: a gateway needs one");
        } else if (site_.streams.empty() && problems_.empty()) {
            problems_.add("--local", "leaves no profile to this gateway: name its own hosts");
        }
        return std::move(site_);
    }

private:
    // By name or address.
    [[nodiscard]] const User* find_user(const std::string& host) const {
        const auto address = Ipv6Address::parse(host);
        const auto found = std::ranges::find_if(original_.users, [&](const User& user) {
            return user.name == host || (address && user.address == *address);
        });
        return found == original_.users.end() ? nullptr : &*found;
    }

    void refuse_repeated_users() {
        std::set<std::string> names;
        std::set<Ipv6Address> addresses;
        for (const User& user : original_.users) {
            if (!names.insert(user.name).second) {
                problems_.add(user.at, config::quoted(user.name)
                                           + " stands in users twice: remove "
                                             "one of the lines");
            } else if (!addresses.insert(user.address).second) {
                problems_.add(user.at, user.address.text()
                                           + " is another host's in users: remove "
                                             "one of the lines");
            }
        }
    }

    const User* user_of(const Profile& profile, const std::string& host) {
        const User* const user = find_user(host);
        if (user == nullptr) {
            // Not shown: where a field is missing it may be the key.
            problems_.add(profile.at,
                          fmt::format("the {} host is not in users: add its line there",
                                      &host == &profile.source ? "source" : "destination"));
        }
        return user;
    }

    void note(const Place& at, std::string message) {
        site_.notes.push_back({at.text(), std::move(message)});
    }

    void add_profile(const Profile& profile) {
        const User* local = user_of(profile, profile.source);
        const User* remote = user_of(profile, profile.destination);
        if (local == nullptr || remote == nullptr) {
            return;
        }
        if (local == remote) {
            problems_.add(profile.at, "source and destination are one host: write two");
            return;
        }
        if (!local_.empty()) {
            const bool has_source = local_.contains(local->name);
            if (has_source == local_.contains(remote->name)) {
                note(profile.at,
                     fmt::format("left out: {} of its hosts {} behind this gateway",
                                 has_source ? "both" : "neither", has_source ? "are" : "is"));
                return;
            }
            if (!has_source) {
                std::swap(local, remote);
            }
        }
        add_stream(profile, *local, *remote);
    }

    void add_stream(const Profile& profile, const User& local, const User& remote) {
        for (const SiteStream& other : site_.streams) {
            const bool same = other.local == local.name && other.remote == remote.name;
            const bool turned = other.local == remote.name && other.remote == local.name;
            if (same || turned) {
                join(profile, other);
                return;
            }
            if (other.local == remote.name || other.remote == local.name) {
                problems_.add(profile.at,
                              fmt::format("{} is a source in one profile and a destination in "
                                          "another ({}): name the hosts behind this gateway with "
                                          "--local",
                                          other.local == remote.name ? remote.name : local.name,
                                          other.at.text()));
                return;
            }
        }
        const SiteStream stream{local.name, remote.name, profile.key, profile.at};
        if (const SiteStream* const other = stream_of_file(stream.key_file())) {
            problems_.add(profile.at,
                          fmt::format("would be stream {0}-{1} with the key file {2}, and so would "
                                      "{3} ({4} with {5}): give one of these hosts another name",
                                      stream.local, stream.remote, stream.key_file(),
                                      other->at.text(), other->local, other->remote));
            return;
        }
        if (profile.key_is_text) {
            note(profile.at, "its key is characters, which are easier to guess than a key of "
                             "mt6dctl keygen: make a new one for both sites");
        }
        site_.streams.push_back(stream);
    }

    // Two pairs can make one name: a-b with c, and a with b-c.
    [[nodiscard]] const SiteStream* stream_of_file(const std::string& key_file) const {
        const auto found = std::ranges::find(site_.streams, key_file, &SiteStream::key_file);
        return found == site_.streams.end() ? nullptr : &*found;
    }

    // One stream and one key carry both directions here.
    void join(const Profile& profile, const SiteStream& other) {
        if (profile.key == other.key) {
            note(profile.at, "is the same stream as " + other.at.text());
        } else {
            problems_.add(profile.at, fmt::format("the pair has another key at {}: here one key is "
                                                  "for both directions; remove one of the lines, "
                                                  "the same at both sites",
                                                  other.at.text()));
        }
    }

    void add_host(const User& user) {
        const bool is_used = std::ranges::any_of(site_.streams, [&](const SiteStream& stream) {
            return stream.local == user.name || stream.remote == user.name;
        });
        if (!is_used) {
            note(user.at, "left out: " + user.name + " is in no stream");
            return;
        }
        const auto ether = std::ranges::find_if(original_.ethers, [&](const Ether& one) {
            const auto address = Ipv6Address::parse(one.host);
            return one.host == user.name || (address && *address == user.address);
        });
        if (ether == original_.ethers.end()) {
            problems_.add(user.at, fmt::format("{} has no MAC address in ethers: add the line {} "
                                               "MAC there",
                                               user.name, user.address.text()));
            return;
        }
        site_.hosts.push_back({user.name, user.address, ether->mac});
    }

    const Original& original_;
    Problems& problems_;
    std::set<std::string> local_;
    Site site_;
};

} // namespace

Site assemble(const Original& original, const std::vector<std::string>& local, Problems& problems) {
    return Assembly(original, local, problems).assemble();
}

} // namespace mt6d::importer
