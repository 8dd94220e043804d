#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| seconder_fuzz::gitlab_webhook::hold(input));
