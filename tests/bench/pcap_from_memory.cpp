// SPDX-License-Identifier: BSD-3-Clause
// Stands before libpcap (LD_PRELOAD) where net_pcap is to read a large capture: hands out packets
// of the mapped file, once, or over and over where the environment has PCAP_ENDLESS. libpcap's own
// reading, a system call every few packets and two more copies, costs more than a gateway does with
// them, and net_pcap's own loop (infinite_rx=1) needs a buffer of the pool for each packet.
#include <fcntl.h>
#include <pcap.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::size_t file_header = 24;
constexpr std::size_t cache_line = 64;
constexpr std::size_t ahead = 4096; // bytes that are on their way to the cache

struct Record {
    std::uint32_t seconds;
    std::uint32_t microseconds;
    std::uint32_t captured;
    std::uint32_t length;
};

struct Run {
    void* map;
    std::size_t size;
    const std::uint8_t* first;
    const std::uint8_t* at;
    const std::uint8_t* end;
    bool endless;
    pcap_pkthdr header;
};

Run* run_of(pcap_t* handle) {
    return reinterpret_cast<Run*>(handle);
}

// Null at the end.
const std::uint8_t* next(Run& run) {
    if (run.endless && run.at == run.end) {
        run.at = run.first;
    }
    if (run.at + sizeof(Record) > run.end) {
        return nullptr;
    }
    Record record{};
    std::memcpy(&record, run.at, sizeof(record));
    const std::uint8_t* const packet = run.at + sizeof(record);
    if (packet + record.captured > run.end) {
        return nullptr;
    }
    run.header.caplen = record.captured;
    run.header.len = record.length;
    run.at = packet + record.captured;
    for (std::size_t i = 0; i < record.captured + sizeof(record); i += cache_line) {
        __builtin_prefetch(packet + ahead + i); // past the end: no fault
    }
    return packet;
}

// Before anything is measured: a process whose memory is locked as it is touched (mlockall) gets no
// page from MAP_POPULATE.
void touch(const std::uint8_t* bytes, std::size_t size) {
    constexpr std::size_t page = 4096;
    for (std::size_t at = 0; at < size; at += page) {
        static_cast<void>(*static_cast<const volatile std::uint8_t*>(bytes + at));
    }
}

} // namespace

extern "C" {

pcap_t* pcap_open_offline(const char* path, char* error) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (file < 0 || fstat(file, &status) != 0) {
        std::snprintf(error, PCAP_ERRBUF_SIZE, "%s: cannot be opened", path);
        return nullptr;
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    void* const map = mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (map == MAP_FAILED || size < file_header) {
        std::snprintf(error, PCAP_ERRBUF_SIZE, "%s: cannot be mapped", path);
        return nullptr;
    }
    const auto* const bytes = static_cast<const std::uint8_t*>(map);
    touch(bytes, size);
    const std::uint8_t* const first = bytes + file_header;
    const bool endless = std::getenv("PCAP_ENDLESS") != nullptr;
    return reinterpret_cast<pcap_t*>(new Run{map, size, first, first, bytes + size, endless, {}});
}

int pcap_next_ex(pcap_t* handle, pcap_pkthdr** header, const u_char** packet) {
    Run& run = *run_of(handle);
    *packet = next(run);
    *header = &run.header;
    return *packet == nullptr ? PCAP_ERROR_BREAK : 1;
}

const u_char* pcap_next(pcap_t* handle, pcap_pkthdr* header) {
    Run& run = *run_of(handle);
    const u_char* const packet = next(run);
    *header = run.header;
    return packet;
}

void pcap_close(pcap_t* handle) {
    Run* const run = run_of(handle);
    munmap(run->map, run->size);
    delete run;
}

int pcap_stats(pcap_t* /*handle*/, pcap_stat* /*statistics*/) {
    return PCAP_ERROR; // files have none
}

char* pcap_geterr(pcap_t* /*handle*/) {
    static char none[] = "";
    return none;
}

} // extern "C"
