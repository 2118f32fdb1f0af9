// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/key_store.hpp"
#include "control/state/number_writer.hpp"
#include "tests/unit/key_support.hpp"
#include "tests/unit/memory_search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mt6d {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class KeyStoreTest : public testing::Test {
protected:
    static KeyStore::Opened open(const std::string& path) {
        auto opened = KeyStore::open(*StateDirectory::open(path));
        if (!opened) {
            throw std::runtime_error(opened.error().message);
        }
        return *std::move(opened);
    }
    // What the next start finds.
    [[nodiscard]] States on_disk() const {
        const TemporaryDirectory copy(quick_parent());
        open_keys(copy.path());
        for (const auto& entry : std::filesystem::directory_iterator(directory.path() + "/keys")) {
            const std::string name = entry.path().filename();
            if (StreamIdentity::from_hex(name) && entry.is_regular_file()) {
                write_bytes(copy.path() + "/keys/" + name, read_bytes(entry.path()));
            }
        }
        return states_of(open_keys(copy.path()).states);
    }
    void submit(std::uint32_t number, std::uint64_t age = 0) {
        store->submit(stream_of(number), age, SecretBuffer(state_of(number, age)));
    }
    // The newest generation of each stream that has come to the disk since the last call.
    std::map<StreamIdentity, std::uint64_t> taken() {
        std::vector<KeyStore::Written> written;
        store->take_written(written);
        std::map<StreamIdentity, std::uint64_t> generations;
        for (const KeyStore::Written& one : written) {
            generations[one.identity] = one.generation;
        }
        return generations;
    }

    TemporaryDirectory directory;
    std::unique_ptr<KeyStore> store = open(directory.path()).store;
};

TEST_F(KeyStoreTest, writes_what_is_submitted_and_says_once_which_generation) {
    submit(1, 7);
    submit(2, 9);
    std::map<StreamIdentity, std::uint64_t> told;
    EXPECT_TRUE(becomes_true([&] {
        told.merge(taken());
        return told.size() == 2;
    }));
    EXPECT_EQ(told.at(stream_of(1)), 7U);
    EXPECT_EQ(told.at(stream_of(2)), 9U);
    EXPECT_EQ(on_disk(), (States{{stream_of(1), state_of(1, 7)}, {stream_of(2), state_of(2, 9)}}));
    ASSERT_TRUE(store->flush());
    EXPECT_THAT(taken(), IsEmpty());
}

TEST_F(KeyStoreTest, finds_all_of_it_again) {
    for (std::uint32_t number = 0; number < 150; ++number) {
        submit(number);
    }
    store.reset(); // writes all that was submitted
    const auto opened = open(directory.path());
    EXPECT_EQ(states_of(opened.states), states_of_streams(0, 150));
    EXPECT_THAT(opened.warnings, IsEmpty());
    EXPECT_THAT(opened.lost, IsEmpty());
}

TEST_F(KeyStoreTest, says_what_was_lost) {
    submit(1);
    submit(2);
    store.reset();
    write_bytes(directory.path() + "/keys/" + stream_of(1).hex(), {1, 2, 3});
    const auto opened = open(directory.path());
    EXPECT_EQ(states_of(opened.states), (States{{stream_of(2), state_of(2)}}));
    EXPECT_THAT(opened.lost, testing::ElementsAre(stream_of(1)));
    EXPECT_THAT(opened.warnings, SizeIs(1));
}

// A responder's accept may leave once it is told: never of a generation that is still on its way.
TEST_F(KeyStoreTest, tells_of_generations_that_are_on_the_disk_however_many_follow) {
    std::uint64_t age = 0;
    std::uint64_t last_told = 0;
    std::uint32_t times = 0;
    EXPECT_TRUE(becomes_true([&] {
        submit(1, ++age);
        for (const auto& [identity, generation] : taken()) {
            EXPECT_GT(generation, last_told);
            EXPECT_LE(generation, age);
            last_told = generation;
            ++times;
            const FileBytes now = read_bytes(directory.path() + "/keys/" + stream_of(1).hex());
            bool is_there = false;
            for (std::uint64_t newer = generation; newer <= age && !is_there; ++newer) {
                const KeyFileBytes bytes(stream_of(1), state_of(1, newer));
                is_there = now == FileBytes(bytes.get().begin(), bytes.get().end());
            }
            EXPECT_TRUE(is_there) << generation;
        }
        return times >= 20;
    }));
    ASSERT_TRUE(store->flush());
    EXPECT_EQ(on_disk().at(stream_of(1)), state_of(1, age));
}

TEST_F(KeyStoreTest, forgets_a_stream_whatever_waits_of_it_and_takes_it_up_again) {
    submit(1, 1);
    ASSERT_TRUE(store->flush());
    submit(1, 2);
    submit(2);
    store->forget(stream_of(1), 3);
    store->forget(stream_of(3), 9); // of which there is nothing
    ASSERT_TRUE(store->flush());
    EXPECT_EQ(on_disk(), (States{{stream_of(2), state_of(2)}}));
    const auto told = taken();
    EXPECT_EQ(told.at(stream_of(1)), 3U);
    EXPECT_EQ(told.at(stream_of(3)), 9U);

    store->forget(stream_of(2), 4);
    submit(2, 5);
    submit(1, 4);
    ASSERT_TRUE(store->flush());
    EXPECT_EQ(on_disk(), (States{{stream_of(1), state_of(1, 4)}, {stream_of(2), state_of(2, 5)}}));
    EXPECT_EQ(taken(),
              (std::map<StreamIdentity, std::uint64_t>{{stream_of(1), 4}, {stream_of(2), 5}}));
}

TEST_F(KeyStoreTest, keeps_what_it_cannot_write_and_tries_again) {
    {
        const FileSizeLimit limit(50);
        submit(1, 1);
        submit(2, 1);
        const auto flushed = store->flush();
        ASSERT_FALSE(flushed);
        EXPECT_THAT(flushed.error().message, HasSubstr(".new: cannot be written: "));
        EXPECT_EQ(store->take_error(), flushed.error().message);
        EXPECT_FALSE(store->flush());
        EXPECT_EQ(store->take_error(), std::nullopt) << "the same again is no news";
        submit(1, 2);
        EXPECT_FALSE(store->flush());
        EXPECT_THAT(taken(), IsEmpty());
        EXPECT_THAT(on_disk(), IsEmpty());
    }
    std::map<StreamIdentity, std::uint64_t> told;
    EXPECT_TRUE(becomes_true([&] {
        told.merge(taken());
        return told.size() == 2;
    })) << "by itself";
    EXPECT_EQ(told.at(stream_of(1)), 2U);
    EXPECT_EQ(on_disk(), (States{{stream_of(1), state_of(1, 2)}, {stream_of(2), state_of(2, 1)}}));
    EXPECT_TRUE(store->flush());
}

TEST_F(KeyStoreTest, writes_all_others_while_one_cannot_be_written) {
    const std::string in_its_way = directory.path() + "/keys/" + stream_of(0).hex();
    std::filesystem::create_directory(in_its_way);
    for (std::uint32_t number = 0; number < 300; ++number) {
        submit(number);
    }
    std::map<StreamIdentity, std::uint64_t> told;
    EXPECT_TRUE(becomes_true([&] {
        told.merge(taken());
        return told.size() == 299;
    }));
    EXPECT_EQ(on_disk(), states_of_streams(1, 300));
    EXPECT_FALSE(store->flush());
    EXPECT_THAT(store->take_error().value_or(""), HasSubstr(in_its_way));
    std::filesystem::remove(in_its_way);
    ASSERT_TRUE(store->flush());
    EXPECT_EQ(on_disk(), states_of_streams(0, 300));
}

TEST_F(KeyStoreTest, ends_though_the_disk_is_full) {
    const FileSizeLimit limit(50);
    submit(1);
    store.reset();
    EXPECT_THAT(open(directory.path()).states, IsEmpty());
}

TEST_F(KeyStoreTest, refuses_a_state_that_is_too_long_or_none) {
    EXPECT_THROW(store->submit(stream_of(1), 1, SecretBuffer(FileBytes(2049))), std::length_error);
    EXPECT_THROW(store->submit(stream_of(1), 1, SecretBuffer()), std::length_error);
}

TEST_F(KeyStoreTest, shares_its_directory_and_lock_with_the_number_file) {
    store.reset();
    auto directory_of_both = *StateDirectory::open(directory.path());
    auto keys = *KeyStore::open(directory_of_both);
    auto numbers = *NumberFile::open(std::move(directory_of_both));
    EXPECT_FALSE(StateDirectory::open(directory.path()));
    keys.store.reset();
    EXPECT_FALSE(StateDirectory::open(directory.path())) << "numbers are still in use";
    numbers.file.reset();
    EXPECT_TRUE(StateDirectory::open(directory.path()));
}

#if MT6D_MEMORY_CAN_BE_SEARCHED
TEST_F(KeyStoreTest, keeps_no_secret_in_memory_once_it_is_written_or_dropped) {
    const test::Needle needle;
    {
        const SecretBuffer kept(needle.bytes());
        EXPECT_GT(test::count_in_memory(needle), 0U) << "is found where it is";
    }
    EXPECT_EQ(test::count_in_memory(needle), 0U) << "is wiped when it is dropped";

    // One that is overtaken, one that is written, and one that is found at a start.
    store->submit(stream_of(1), 1, SecretBuffer(needle.bytes()));
    store->submit(stream_of(1), 2, SecretBuffer(needle.bytes()));
    ASSERT_TRUE(store->flush());
    EXPECT_EQ(test::count_in_memory(needle), 0U);
    store.reset();
    {
        const auto opened = open(directory.path());
        EXPECT_THAT(opened.states, SizeIs(1));
        EXPECT_GT(test::count_in_memory(needle), 0U);
    }
    EXPECT_EQ(test::count_in_memory(needle), 0U);
}
#endif

} // namespace
} // namespace mt6d
