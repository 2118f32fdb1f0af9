// SPDX-License-Identifier: BSD-3-Clause
// A crypto device of DPDK's, found or made, with a queue pair for each worker.
#pragma once

#include "dataplane/crypto_device.hpp"

#include <mt6d/result.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct rte_mempool;

namespace mt6d {

class CryptoDevice {
public:
    // `name`: the configuration's crypto_device, a PCI address or a virtual device, with its
    // arguments ("crypto_openssl"); a virtual one that is not there yet is made. `keys`: how many
    // there will be at a time.
    static Result<std::unique_ptr<CryptoDevice>> open(const std::string& name, std::size_t workers,
                                                      std::size_t keys);
    CryptoDevice(const CryptoDevice&) = delete;
    CryptoDevice& operator=(const CryptoDevice&) = delete;
    ~CryptoDevice(); // Preconditions: sessions are freed, workers have ended.

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::uint8_t id() const { return id_; }
    [[nodiscard]] std::size_t queue_pairs() const { return operations_.size() / of_worker; }
    // Whether the device does this operation, and does it safely.
    [[nodiscard]] Result<> check(dataplane::Operation operation, Cipher cipher) const;

    // Null: the device takes no more of them.
    void* make_session(dataplane::Operation operation, Cipher cipher,
                       const std::array<std::uint8_t, 32>& key);
    void free_session(void* session);

    [[nodiscard]] dataplane::DeviceEngine::Operations operations(std::size_t worker) {
        return std::span(operations_).subspan(worker * of_worker).first<of_worker>();
    }

private:
    static constexpr std::size_t of_worker = dataplane::CryptoEngine::max_jobs;

    struct FreePool {
        void operator()(rte_mempool* pool) const;
    };
    using Pool = std::unique_ptr<rte_mempool, FreePool>;

    explicit CryptoDevice(std::string name) : name_(std::move(name)) {}
    Result<> find_or_make(const std::string& arguments, std::size_t workers);
    Result<> check_size(std::size_t workers, std::size_t keys) const;
    Result<> make_pools(std::size_t workers, std::size_t keys);
    Result<> start(std::size_t workers);
    [[nodiscard]] Error failure(const char* what, int code) const;

    std::string name_; // without arguments
    bool made_ = false;
    bool configured_ = false;
    std::uint8_t id_ = 0;
    Pool sessions_;
    Pool operation_pool_;
    std::vector<rte_crypto_op*> operations_; // of_worker for each worker
};

} // namespace mt6d
