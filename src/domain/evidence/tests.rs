//! What a user and a safety rule care about in evidence: nothing wrong loads, nothing unknown becomes true or false.

mod combine;
mod facts;
mod judging;
mod plain;
mod refused;
mod soup;

use super::{Comparison, Names};

fn names() -> Names {
    let set = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
    Names {
        signals: set(&["a", "b", "grounding", "latency_p99", "error_rate", "kb/2291", "provider_status", "n"]),
        levers: Some(set(&["assistant", "support-prompt"])),
        providers: None,
    }
}

fn parse(text: &str) -> Comparison {
    Comparison::parse(text, &names()).unwrap_or_else(|e| panic!("{text}: {e} ({})", e.hint))
}
