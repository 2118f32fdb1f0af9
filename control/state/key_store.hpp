// SPDX-License-Identifier: BSD-3-Clause
// What key exchange must find again after a kill (docs/protocol.md, section 9, rule 3): of each
// stream one opaque string of bytes, which holds session keys. A service thread writes.
#pragma once

#include "control/crypto/secret_buffer.hpp"
#include "control/state/key_file_format.hpp"
#include "control/state/key_files.hpp"
#include "control/state/record_writer.hpp"
#include "control/state/state_directory.hpp"

#include <mt6d/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace mt6d {

// Control alone. Nothing waits for the disk but open(), flush() and the end, which comes after all
// that was submitted is written or has failed once more.
class KeyStore {
public:
    static constexpr std::size_t max_state_size = KeyFileFormat::max_state_size;

    struct Opened {
        std::unique_ptr<KeyStore> store;
        // By stream: all there is, also of streams that are in no configuration any more, which
        // are for the caller to forget(). Wiped when dropped.
        std::unordered_map<StreamIdentity, SecretBuffer> states;
        // Streams whose state was damaged and is put aside, now or at an earlier start.
        std::vector<StreamIdentity> lost;
        bool all_read = true;              // else there are files that nothing is known of
        std::vector<std::string> warnings; // for the log
    };
    struct Written {
        StreamIdentity identity;
        std::uint64_t generation;
    };

    // Whether there is anything to open(), in a state directory of this path that nobody opened
    // yet.
    static bool exists(const std::string& path);
    // Reads `directory`/keys. What is damaged or foreign there is put aside, and never fatal.
    static Result<Opened> open(std::shared_ptr<const StateDirectory> directory);

    // What was read of this stream is of no use to the caller: puts its file aside like a damaged
    // one, and returns the new path. Right after open(); waits for the disk.
    Result<std::string> put_aside(const StreamIdentity& identity) {
        return files_->put_aside(identity);
    }
    // Gives a stream's state to write, of 1 to max_state_size bytes. It takes the place of one
    // submitted earlier that still waits, and is wiped when it is written. The caller counts a
    // stream's generations.
    void submit(const StreamIdentity& identity, std::uint64_t generation, SecretBuffer state);
    // Removes the stream's state, and what is put aside of it: the stream is gone from the
    // configuration, or its configured key is another one. This is a generation as well.
    void forget(const StreamIdentity& identity, std::uint64_t generation);

    // What has come to the disk since the last call, or is gone from there. A generation that a
    // newer one overtook is not among it. Of a stream, the last one is what is there now.
    void take_written(std::vector<Written>& written);
    // Why writing fails: once, until it succeeds again or the reason changes. What failed is tried
    // again each second.
    std::optional<std::string> take_error() { return writer_.take_error(); }
    // Waits until all that was submitted or forgotten is so on the disk.
    Result<> flush() { return writer_.flush(); }

private:
    explicit KeyStore(std::unique_ptr<KeyFiles> files)
        : files_(std::move(files)), writer_(*files_) {}

    void write(const StreamIdentity& identity, std::uint64_t generation, SecretBuffer state);

    std::unique_ptr<KeyFiles> files_;
    // Of each stream that was ever written, for good.
    std::unordered_map<StreamIdentity, std::uint32_t> cells_;
    std::vector<KeyFiles::Written> news_;
    RecordWriter<KeyFiles> writer_; // last: its thread uses the files until it ends
};

} // namespace mt6d
