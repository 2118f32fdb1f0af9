// SPDX-License-Identifier: BSD-3-Clause
#include "control/metrics/prometheus_endpoint.hpp"

#include "control/log.hpp"
#include "control/metrics/metric_families.hpp"
#include "control/state/descriptor.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <httplib.h>
#include <netinet/in.h>
#include <prometheus/text_serializer.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <semaphore>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

namespace mt6d::metrics {
namespace {

constexpr std::size_t threads = 8;
// Connections accepted and not served yet: others wait in the kernel, and cost this process
// nothing.
constexpr std::size_t most_waiting = 16;
// How long a client may be silent before it has asked, and take nothing of the answer.
constexpr std::chrono::seconds silence{1};
constexpr std::chrono::seconds patience{5};
constexpr const char* exposition = "text/plain; version=0.0.4; charset=utf-8";

struct Address {
    std::string host;
    std::uint16_t port = 0;
};

// Precondition: the configuration has checked it.
Address parts_of(const std::string& text) {
    const auto colon = text.rfind(':');
    Address address;
    address.host = text.front() == '[' ? text.substr(1, colon - 2) : text.substr(0, colon);
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), address.port);
    return address;
}

// Connections that have ended do not keep the port, a process that listens there does.
void share_with_the_past(int descriptor) {
    const int on = 1;
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

// The errno of binding a socket there; 0: it works. The HTTP server does not say.
int bind_error(const Address& address) {
    sockaddr_in6 six{};
    sockaddr_in four{};
    const bool is_six = inet_pton(AF_INET6, address.host.c_str(), &six.sin6_addr) == 1;
    inet_pton(AF_INET, address.host.c_str(), &four.sin_addr);
    six.sin6_family = AF_INET6;
    four.sin_family = AF_INET;
    six.sin6_port = four.sin_port = htons(address.port);
    const Descriptor socket(::socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) {
        return errno;
    }
    share_with_the_past(socket.get());
    const int bound =
        is_six ? ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&six), sizeof(six))
               : ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&four), sizeof(four));
    return bound == 0 ? 0 : errno;
}

std::string_view how_to_mend(int error) {
    switch (error) {
    case EADDRINUSE:
        return "another process listens there: end it, or choose another port";
    case EADDRNOTAVAIL:
        return "choose an address of this machine";
    case EACCES:
        return "choose a port above 1023";
    case EAFNOSUPPORT:
        return "this machine has no such addresses: choose one of the other IP version";
    default:
        return "choose another address or port";
    }
}

Error failure(const std::string& address, int error) {
    return Error{fmt::format("metrics.prometheus: cannot listen at {}: {}: {}", address,
                             std::generic_category().message(error), how_to_mend(error))};
}

} // namespace

namespace {

// Who accepts waits while there is no room, so that no flood of connections takes the process's
// descriptors. Each connection ends by itself, after `silence` if not before.
class BoundedQueue final : public httplib::TaskQueue {
public:
    void enqueue(std::function<void()> task) override {
        room_.acquire();
        pool_.enqueue([this, task = std::move(task)] {
            task();
            room_.release();
        });
    }
    void shutdown() override { pool_.shutdown(); }

private:
    std::counting_semaphore<> room_{threads + most_waiting};
    httplib::ThreadPool pool_{threads};
};

} // namespace

class PrometheusEndpoint::Server {
public:
    explicit Server(std::function<Snapshot()> take) {
        http_.new_task_queue = [] { return new BoundedQueue; };
        http_.set_socket_options(share_with_the_past);
        http_.set_payload_max_length(0); // nobody has anything to tell it
        http_.set_keep_alive_max_count(1);
        http_.set_keep_alive_timeout(silence.count());
        http_.set_read_timeout(silence);
        http_.set_write_timeout(patience);
        http_.Get("/metrics", [take = std::move(take)](const auto&, httplib::Response& response) {
            const prometheus::TextSerializer serializer;
            response.set_content(serializer.Serialize(metric_families(take())), exposition);
        });
    }
    ~Server() {
        if (thread_.joinable()) {
            http_.stop();
            thread_.join();
        }
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    bool listen(const Address& address) {
        if (!http_.bind_to_port(address.host.c_str(), address.port)) {
            return false;
        }
        thread_ = std::thread([this] { http_.listen_after_bind(); });
        // One that does not run yet cannot be told to stop.
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!http_.is_running() && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return http_.is_running();
    }

private:
    httplib::Server http_;
    std::thread thread_;
};

PrometheusEndpoint::PrometheusEndpoint(std::unique_ptr<Server> server)
    : server_(std::move(server)) {}
PrometheusEndpoint::~PrometheusEndpoint() = default;

Result<std::unique_ptr<PrometheusEndpoint>>
PrometheusEndpoint::open(const config::Metrics& config, std::function<Snapshot()> source) {
    const Address address = parts_of(config.prometheus);
    if (const int error = bind_error(address); error != 0) {
        return failure(config.prometheus, error);
    }
    auto server = std::make_unique<Server>(std::move(source));
    if (!server->listen(address)) {
        return failure(config.prometheus, EADDRINUSE); // taken a moment ago
    }
    log::info("metrics", "http://{}/metrics", config.prometheus);
    return std::unique_ptr<PrometheusEndpoint>(new PrometheusEndpoint(std::move(server)));
}

} // namespace mt6d::metrics
