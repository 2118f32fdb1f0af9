# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# The suites of tools/test. Each is a function that adds to `passed` and `failed`, never ends the
# run, and prints what went wrong. Sourced from the top of the tree; uses $results, $fuzz_seconds,
# $long and $asan_lab of its caller.
# shellcheck disable=SC2154

# shellcheck disable=SC2034  # read by tools/test
suites=(format unit packet instructions lab lint fuzz asan tsan package vm)
# Those that run when none is named: package and vm compile the whole tree once more.
# shellcheck disable=SC2034  # likewise
usual_suites=(format unit packet instructions lab lint fuzz asan tsan)
jobs=$(nproc)

# check COMMAND...: one test.
check() {
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
}

# check_each COMMAND... -- FILE...: one test a file, in parallel. COMMAND gets the file appended.
check_each() {
    local command=()
    while [ "$1" != -- ]; do
        command+=("$1")
        shift
    done
    shift
    local bad
    mapfile -t bad < <(printf '%s\0' "$@" | xargs -0 -P "$jobs" -n 1 tools/lib/check_one.sh "${command[@]}")
    passed=$((passed + $# - ${#bad[@]}))
    failed=$((failed + ${#bad[@]}))
    [ ${#bad[@]} -eq 0 ] || printf 'failed: %s\n' "${bad[@]}"
}

# count_junit FILE STATUS: adds a result file's tests. A program that failed in another way than by
# a test (it crashed, or wrote nothing) is one more failure.
count_junit() {
    local file=$1 status=$2 good=0 wrong=0
    if [ -s "$file" ]; then
        read -r good wrong < <(tools/lib/junit_count.py "$file") || wrong=1
    fi
    [ "$status" -eq 0 ] || [ "$wrong" -gt 0 ] || wrong=1
    passed=$((passed + good))
    failed=$((failed + wrong))
}

# tracked PATTERN...: files of the repository, committed or about to be.
tracked() { git ls-files --cached --others --exclude-standard -- "$@"; }

scripts() {
    tracked | while IFS= read -r file; do
        if [ -f "$file" ] && head -n 1 "$file" | grep -aqE '^#!.*\b(ba)?sh$|^# shellcheck shell'; then
            printf '%s\n' "$file"
        fi
    done
}

suite_format() {
    local files
    mapfile -t files < <(tracked '*.cpp' '*.hpp')
    check_each clang-format --dry-run -Werror -- "${files[@]}"
}

suite_lint() {
    local files
    mapfile -t files < <(scripts)
    check_each shellcheck -x -- "${files[@]}"
    mapfile -t files < <(tracked '*.hpp')
    check_each tools/lib/compile_header.sh -- "${files[@]}"
    mapfile -t files < <(tools/lib/compiled_files.py build)
    check_each clang-tidy --quiet -p build --warnings-as-errors='*' -- "${files[@]}"
}

# meson_test BUILD NAME: the gtest program that meson knows under this name.
meson_test() {
    local status=0 report=$1/meson-logs/testlog.junit.xml
    rm -f "$report"
    meson test -C "$1" --no-rebuild --print-errorlogs --timeout-multiplier "$((long ? 60 : 4))" "$2" || status=$?
    count_junit "$report" "$status"
}

# run_lab BUILD NAME FILE...: pytest with the gateway of that build. In the background too it ends,
# and cleans up, when it is interrupted.
run_lab() {
    local build=$1 report=$results/$2.xml
    shift 2
    MT6D_BUILD=$build env --default-signal=INT timeout -s INT -k 60 "$((long ? 14400 : 2400))" \
        /usr/bin/python3 -B -m pytest -p no:cacheprovider -q --junitxml="$report" "$@"
}

# lab_test BUILD NAME FILE...: the same, counted.
lab_test() {
    local status=0
    run_lab "$@" || status=$?
    count_junit "$results/$2.xml" "$status"
}

suite_unit() {
    [ -z "$long" ] || export MT6D_MODEL_RUNS=1000000
    meson_test build unit
    unset MT6D_MODEL_RUNS
    meson_test build mt6dctl
    meson_test build import
    meson_test build dissector
    meson_test build bind
    meson_test build operator
}
suite_packet() { meson_test build packet; }

# One test a stage: it takes no more instructions than are recorded.
suite_instructions() {
    local status=0
    tools/bench instructions --check --junit "$results/instructions.xml" || status=$?
    count_junit "$results/instructions.xml" "$status"
}

# What waits more than it computes has a lab of its own, beside the others.
waiting_lab=(rekey events metrics shell shell_terminal)
suite_lab() {
    local name file lab=() waiting=() status=0
    for file in tests/lab/test_*.py; do
        name=${file#tests/lab/test_}
        if [[ " ${waiting_lab[*]} " == *" ${name%.py} "* ]]; then
            waiting+=("$file")
        else
            lab+=("$file")
        fi
    done
    export MT6D_LONG=$long
    run_lab build waiting "${waiting[@]}" >"$results/waiting.log" 2>&1 &
    local beside=$!
    lab_test build lab "${lab[@]}"
    wait "$beside" || status=$?
    cat "$results/waiting.log"
    count_junit "$results/waiting.xml" "$status"
    unset MT6D_LONG
}

# Builds the Debian packages, and a Debian to try them in; with --long, a container's image too.
suite_package() {
    local files=(tests/package/test_package.py)
    [ -z "$long" ] || files+=(tests/package/test_container.py) # an image takes a minute, and disk
    lab_test build package "${files[@]}"
}

# Builds them too, and a virtual machine that installs them.
suite_vm() { lab_test build vm tests/vm; }

# configured BUILD OPTION...: a build directory beside build/, made once and reused. Compiled with
# what stands in front: `CXX=clang++ configured …`.
configured() {
    local build=$1
    shift
    if ! [ -f "$build/build.ninja" ] || ! grep -qF "\"source\": \"$top\"" "$build/meson-info/meson-info.json"; then
        rm -rf "$build"
        meson setup "$build" "$@" >"$results/setup-$build.log" 2>&1 || {
            cat "$results/setup-$build.log"
            rm -rf "$build"
            return 1
        }
    fi
}

# compile BUILD TARGET...: quiet unless it fails.
compile() {
    ninja -C "$1" "${@:2}" >"$results/ninja-$1.log" 2>&1 || {
        tail -n 60 "$results/ninja-$1.log"
        return 1
    }
}

# compile_folder BUILD FOLDER: the programs that FOLDER's meson.build defines; prints their paths.
compile_folder() {
    local programs
    mapfile -t programs < <(tools/lib/programs_of.py "$1" "$2")
    [ ${#programs[@]} -gt 0 ] || return 1
    compile "$1" "${programs[@]}" >&2 || return 1
    printf '%s\n' "${programs[@]}"
}

# One test a target: no finding in the time there is.
suite_fuzz() {
    local programs program name corpus listed
    if ! CXX=clang++ configured build-fuzz -Dfuzz=true ||
        ! listed=$(compile_folder build-fuzz tests/fuzz); then
        failed=$((failed + 1))
        return
    fi
    mapfile -t programs <<<"$listed"
    for program in "${programs[@]}"; do
        name=${program##*/}
        name=${name%_fuzz}
        # What is found grows a corpus outside the tree. Seeds lie in tests/fuzz/corpus/NAME, or
        # are made by a script.
        corpus=("build-fuzz/corpus/$name")
        mkdir -p "${corpus[0]}"
        if [ -x "tests/fuzz/make_${name}_corpus.py" ]; then
            "tests/fuzz/make_${name}_corpus.py" "${corpus[0]}" || failed=$((failed + 1))
        fi
        if [ -d "tests/fuzz/corpus/$name" ]; then
            corpus+=("tests/fuzz/corpus/$name")
        fi
        echo "$name: $fuzz_seconds s"
        check fuzz_one "build-fuzz/$program" "${corpus[@]}"
    done
}

fuzz_one() {
    "$1" -max_total_time="$fuzz_seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix=build-fuzz/ "${@:2}" >"$results/fuzz.log" 2>&1 || {
        tail -n 60 "$results/fuzz.log"
        return 1
    }
    grep -E 'number_of_executed_units|DONE' "$results/fuzz.log"
}

# Sanitizers make GCC warn of what is not so (uninitialised members inside std::regex): warnings
# are errors in the plain build. Classes of dataplane/ have no type information to check.
sanitized() {
    configured "build-$1" -Db_sanitize="$2" -Db_lundef=false -Dbuildtype=debugoptimized \
        -Dwerror=false -Dcpp_args=-fno-sanitize=vptr
}

suite_asan() {
    # Leaks count too. DPDK's own start-up leaks are not ours to mend, nor are they per packet.
    # detect_stack_use_after_return stays off: GCC 12 then puts what asks for 64 bytes of alignment
    # where it is not (bug 110027).
    export ASAN_OPTIONS=strict_string_checks=1
    export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
    if sanitized asan address,undefined && compile build-asan; then
        meson_test build-asan unit
        meson_test build-asan packet
        lab_test build-asan asan "${asan_lab[@]}"
    else
        failed=$((failed + 1))
    fi
    unset ASAN_OPTIONS UBSAN_OPTIONS
}

suite_tsan() {
    if sanitized tsan thread && compile_folder build-tsan tests/unit >/dev/null; then
        TSAN_OPTIONS=halt_on_error=1 meson_test build-tsan unit
    else
        failed=$((failed + 1))
    fi
}
