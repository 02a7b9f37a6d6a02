//! Runs `maiman_rtu` of `test_bench::fuzz` under a fuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| test_bench::fuzz::run("maiman_rtu", bytes));
