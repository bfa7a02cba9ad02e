//! The text of a playbook → a checked playbook → its state machine, or a report that people read.
#![no_main]

use backstop_core::PlaybookName;
use backstop_playbook::{compile, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match parse(&PlaybookName::from("fuzzed"), "playbook.yaml", text) {
        Ok(playbook) => {
            let machine = compile(&playbook).to_json().expect("a machine is JSON");
            assert!(machine.starts_with('{'));
        }
        Err(report) => assert!(!report.to_string().is_empty()),
    }
});
