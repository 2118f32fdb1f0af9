// SPDX-License-Identifier: BSD-3-Clause
#include "control/gateway.hpp"

#include "control/log.hpp"

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include <algorithm>
#include <utility>

namespace mt6d {
namespace {

using dataplane::Side;
using dataplane::sides;

struct WorkerArguments {
    dataplane::Worker* worker;
    const std::atomic<bool>* stop;
};

} // namespace

Gateway::Gateway(config::Config config, const Clock& clock, const GatewayParts& parts)
    : config_(std::move(config)), clock_(clock), parts_(parts), room_(room_for(config_)),
      exchanges_(std::any_of(config_.streams.begin(), config_.streams.end(),
                             [](const auto& stream) { return stream.exchanges_keys(); })),
      plan_(plan_workers(static_cast<std::uint16_t>(parts.worker_lcores.size()), parts.queues)) {
    forwarding_.ports = parts.ports;
    forwarding_.pool = parts.pool;
}

Result<std::unique_ptr<Gateway>> Gateway::create(config::Config config, const Clock& clock,
                                                 const GatewayParts& parts) {
    auto gateway = std::unique_ptr<Gateway>(new Gateway(std::move(config), clock, parts));
    for (auto step : {&Gateway::create_tables, &Gateway::create_rings, &Gateway::create_grace,
                      &Gateway::create_crypto, &Gateway::create_reassembly}) {
        if (auto done = ((*gateway).*step)(); !done) {
            return std::move(done).error();
        }
    }
    Gateway& self = *gateway;
    const auto release = [owner = gateway.get()](const Retired& retired) {
        owner->streams_->release(retired);
        if (retired.neighbors != nullptr) {
            retired.neighbors->recycle(retired.adjacency);
        }
        if (retired.answers != nullptr) {
            retired.answers->recycle(retired.host);
        }
    };
    self.grace_ = std::make_unique<GraceQueue>(self.forwarding_.grace, release);
    auto neighborhood =
        Neighborhood::create(self.config_, clock, self.forwarding_, *self.grace_, self.room_);
    if (!neighborhood) {
        return std::move(neighborhood).error();
    }
    self.neighborhood_ = *std::move(neighborhood);
    if (auto created = self.create_streams(); !created) {
        return std::move(created).error();
    }
    if (auto created = self.create_exchanger(); !created) {
        return std::move(created).error();
    }
    self.peer_clocks_ = std::make_unique<PeerClocks>(self.room_.streams, clock, self.forwarding_);
    self.create_workers();
    self.inspector_ = std::make_unique<Inspector>(self.forwarding_, self.plan_.size());
    self.control_ = std::make_unique<ControlLoop>(
        clock, self.forwarding_, *self.grace_, *self.neighborhood_, *self.streams_,
        self.numbers_.get(), self.exchanger_.get(), *self.peer_clocks_, self.workers_);
    self.make_directory();
    return gateway;
}

Gateway::~Gateway() {
    stop();
    if (grace_ != nullptr && streams_ != nullptr) {
        grace_->drain();
    }
}

// Nothing of it where no stream encrypts.
Result<> Gateway::create_crypto() {
    has_stored_keys_ = KeyStore::exists(config_.state_dir);
    if (has_stored_keys_
        || std::any_of(config_.streams.begin(), config_.streams.end(), [](const auto& stream) {
               return stream.options.cipher != Cipher::none || stream.exchanges_keys();
           })) {
        auto directory = StateDirectory::open(config_.state_dir);
        if (!directory) {
            return std::move(directory).error();
        }
        state_directory_ = *std::move(directory);
    }
    crypto_ = parts_.crypto;
    if (std::any_of(config_.streams.begin(), config_.streams.end(),
                    [](const auto& stream) { return stream.options.cipher != Cipher::none; })) {
        if (crypto_ == nullptr) {
            auto backend = make_crypto_backend(config_, plan_.size(), room_.streams);
            if (!backend) {
                return std::move(backend).error();
            }
            own_crypto_ = *std::move(backend);
            crypto_ = own_crypto_.get();
        }
        for (std::size_t worker = 0; worker < plan_.size(); ++worker) {
            auto engine = crypto_->make_engine(worker);
            if (!engine) {
                return std::move(engine).error();
            }
            engines_.push_back(*std::move(engine));
        }
        auto numbers = NumberKeeper::create(state_directory_);
        if (!numbers) {
            return std::move(numbers).error();
        }
        numbers_ = *std::move(numbers);
    }
    keys_ = std::make_unique<StreamKeys>(crypto_, numbers_.get());
    return {};
}

Result<> Gateway::create_streams() {
    streams_ = std::make_unique<StreamTable>(room_.streams, exchanges_, clock_, forwarding_,
                                             *grace_, *neighborhood_, *keys_);
    std::vector<config::StreamPtr> streams;
    for (config::Stream& stream : config_.streams) {
        streams.push_back(std::make_shared<const config::Stream>(std::move(stream)));
    }
    config_.streams = {};
    neighborhood_->set_routed(routed_by(streams));
    for (const config::StreamPtr& stream : streams) {
        const auto slot = streams_->stage(stream);
        if (!slot) {
            return slot.error();
        }
        if (auto published = streams_->publish(*slot); !published) {
            return published;
        }
        streams_->activate(*slot);
    }
    return {};
}

Result<> Gateway::create_exchanger() {
    if (!exchanges_ && !has_stored_keys_) {
        return {}; // no stream exchanges keys, nor did one before
    }
    auto exchanger = KeyExchanger::create(clock_, forwarding_, *streams_, state_directory_);
    if (!exchanger) {
        return std::move(exchanger).error();
    }
    exchanger_ = *std::move(exchanger);
    return {};
}

void Gateway::create_workers() {
    interrupts_ = std::vector<dataplane::InterruptWait>(plan_.size());
    for (std::size_t i = 0; i < plan_.size(); ++i) {
        dataplane::WorkerSettings settings;
        settings.index = static_cast<std::uint16_t>(i);
        settings.rx_queue = plan_[i].rx_queue;
        settings.sleep = config_.idle != config::Idle::poll;
        settings.interrupts = &interrupts_[i];
        settings.cycles_per_second = rte_get_tsc_hz();
        settings.transmit_patience = settings.cycles_per_second
                                     * static_cast<std::uint64_t>(parts_.transmit_patience.count())
                                     / 1000;
        settings.reassembly = reassemblies_[i].get();
        settings.identification_key = identification_keys_[i];
        settings.crypto = engines_.empty() ? nullptr : engines_[i].get();
        for (const Side side : sides) {
            const WorkerPlan::Transmit& transmit = plan_[i].transmit[index(side)];
            settings.transmit[index(side)] = {parts_.ports[index(side)].id, transmit.queue,
                                              transmit.relay
                                                  ? forwarding_.rings[*transmit.relay].transmit
                                                  : dataplane::WorkerRing{}};
        }
        workers_.push_back(std::make_unique<dataplane::Worker>(forwarding_, settings));
    }
}

Result<> Gateway::start() {
    control_->prepare_all();
    if (numbers_ != nullptr) {
        if (auto settled = numbers_->settle(); !settled) {
            return settled;
        }
    }
    const bool disk_has_held_keys_alone = exchanger_ == nullptr || exchanger_->forget_unclaimed();
    if (numbers_ != nullptr && disk_has_held_keys_alone) {
        numbers_->forget_ended_epochs();
    }
    if (config_.idle == config::Idle::interrupt) {
        open_interrupts();
    }
    stop_ = false;
    running_ = true;
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        const auto run = [](void* pointer) {
            const std::unique_ptr<WorkerArguments> arguments(
                static_cast<WorkerArguments*>(pointer));
            arguments->worker->run(*arguments->stop);
            return 0;
        };
        auto arguments =
            std::make_unique<WorkerArguments>(WorkerArguments{workers_[i].get(), &stop_});
        const unsigned lcore = parts_.worker_lcores[i];
        if (rte_eal_remote_launch(run, arguments.get(), lcore) != 0) {
            stop();
            return Error{"worker " + std::to_string(i) + ": lcore " + std::to_string(lcore)
                         + " is busy"};
        }
        static_cast<void>(arguments.release()); // the worker's now
    }
    return {};
}

void Gateway::stop() {
    if (!running_) {
        return;
    }
    stop_ = true;
    forwarding_.wake_workers();
    for (const unsigned lcore : parts_.worker_lcores) {
        rte_eal_wait_lcore(lcore);
    }
    // Now that none can give another anything.
    for (const auto& worker : workers_) {
        worker->discard_given();
    }
    for (dataplane::InterruptWait& interrupts : interrupts_) {
        interrupts.close();
    }
    running_ = false;
    if (numbers_ != nullptr) {
        if (const auto settled = numbers_->settle(); !settled) {
            log::error("state", "{}: what was accepted last may be accepted again",
                       settled.error().message);
        }
    }
    if (exchanger_ != nullptr) {
        if (const auto settled = exchanger_->settle(); !settled) {
            log::error("keys", "{}", settled.error().message);
        }
    }
}

} // namespace mt6d
