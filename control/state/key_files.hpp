// SPDX-License-Identifier: BSD-3-Clause
// The state of each stream's key exchange on the disk (docs/protocol.md, section 9, rule 3): one
// file a stream, STATE_DIR/keys/IDENTITY, which holds session keys. A file is replaced as a whole:
// written aside as IDENTITY.new, put on the disk, renamed. So a crash at any moment leaves the old
// one or the new one, and what is neither was made so by a failing disk or by somebody else.
//
// A file that is not whole and right is never used. Its stream goes on as one that has lost its
// state, for which key exchange has a cure (rule 6), and the others do not notice.
// - A regular file of a stream's name is, as likely as not, this gateway's own and holds keys, some
//   of which may still be in use. It is renamed to IDENTITY.damaged, mode 0600, for whoever wants
//   to find out what happened to it; there is one at most a stream. It is removed as soon as newer
//   state of its stream is on the disk: kept on, it would open recorded packets of epochs whose
//   keys are wiped everywhere else. Who wants to keep it has to copy it before the stream's peer
//   answers, or while the gateway is down.
// - One that the system does not give (no permission, an error of the disk) stays where it is,
// until
//   newer state of its stream takes its place.
// - Anything else (a directory, a link, a pipe) is renamed to IDENTITY.foreign-TIME, and stays.
// - IDENTITY.new was never relied on: it is removed.
// Files are removed, not overwritten. What a disk still has of removed files is a matter of the
// disk's own encryption.
#pragma once

#include "control/crypto/secret_buffer.hpp"
#include "control/state/directory.hpp"
#include "control/state/key_file_format.hpp"
#include "control/state/record_writer.hpp"
#include "control/state/state_directory.hpp"

#include <mt6d/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mt6d {

class KeyFiles {
public:
    struct Stored {
        std::uint32_t cell = 0; // the same for all of a stream's
        StreamIdentity identity;
        std::uint64_t generation = 0; // the submitter's
        SecretBuffer state;           // empty: the stream is forgotten
    };
    struct Written {
        Written(const Stored& stored) // NOLINT(google-explicit-constructor)
            : identity(stored.identity), generation(stored.generation) {}

        StreamIdentity identity;
        std::uint64_t generation;
    };
    static constexpr const char* thread_name = "mt6d-keys";
    static constexpr const char* directory_name = "keys"; // in the state directory

    struct Opened {
        std::unique_ptr<KeyFiles> files;
        std::unordered_map<StreamIdentity, SecretBuffer> states;
        // Those that have a file put aside, now or at an earlier start, and no state since.
        std::vector<StreamIdentity> lost;
        bool all_read = true; // else there are files that nothing is known of
        // For the log: what was not right, and what has become of it. A few of many.
        std::vector<std::string> warnings;
    };

    // Reads all that is in `directory`/keys, or makes it (0700). An error, if others may write to
    // it. 100,000 files take a second or two.
    static Result<Opened> open(std::shared_ptr<const StateDirectory> directory);

    // What is in this stream's file is of no use, though it is what was written: another version's.
    // Puts it aside like a damaged one, and returns the new path. Before anything is written.
    Result<std::string> put_aside(const StreamIdentity& identity);
    // Writes the files of a few of `records`, or removes those of streams forgotten; see
    // control/state/record_writer.hpp. What fails for one stream does not keep others from being
    // written. The error names a file, and says how to mend it. One thread at a time.
    WriteProgress write_some(std::span<Stored> records);

private:
    struct Loading; // control/state/key_files_open.cpp

    KeyFiles(std::shared_ptr<const StateDirectory> directory, Directory files)
        : directory_(std::move(directory)), files_(std::move(files)) {}

    Result<> put(const Stored& stored);
    static constexpr const char* damaged_suffix = ".damaged";

    std::shared_ptr<const StateDirectory> directory_; // holds the lock
    Directory files_;
};

} // namespace mt6d
