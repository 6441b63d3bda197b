//! The short way of reading a comparison reads what the long way reads, and takes nothing that the long way refuses.

use super::super::{check, plain};
use super::names;

#[test]
fn what_is_read_the_short_way_is_read_alike_the_long_way() {
    let mut names = names();
    names.signals.extend(["true", "in", "null", "z", "value", "package"].map(str::to_owned));
    let heads =
        ["", "value", "ratio", "z", "worst", "spread", "age", "n", "onset", "lag", "lever", "slope", "provider_status"];
    let ids = [
        "a",
        "n",
        "z",
        "value",
        "latency_p99",
        "provider_status",
        "true",
        "in",
        "null",
        "package",
        "nobody",
        "\"a\"",
        "",
    ];
    let signs = ["<", "<=", ">", ">=", "==", "!=", "=", "<>", "> =", "&&"];
    let numbers = [
        "0",
        "2",
        "0.85",
        "2.50",
        "007",
        "00",
        "0.",
        ".5",
        "1e3",
        "-1",
        "9999999999999999999",
        "1u",
        "10m",
        "2 ",
        "2 3",
        "a",
        "\"2\"",
        "",
    ];
    let (mut short, mut all) = (0, 0);
    for head in heads {
        for id in ids {
            let side = if head.is_empty() { id.to_owned() } else { format!("{head}({id})") };
            for sign in signs {
                for number in numbers {
                    for text in [
                        format!("{side} {sign} {number}"),
                        format!(" {side}{sign}{number}"),
                        format!("{side}  {sign}  {number} "),
                    ] {
                        all += 1;
                        if let Some(test) = plain::test(&text, &names) {
                            short += 1;
                            assert_eq!(check::check(&text, &names), Ok(test), "{text}");
                        }
                    }
                }
            }
        }
    }
    assert!(all > 60_000 && short > 500, "{short} of {all}");
}

#[test]
fn nearly_all_comparisons_of_runbooks_are_read_the_short_way() {
    for text in ["ratio(latency_p99) > 2.5", "grounding<0.85", "onset(a) >= 3600", "n(grounding) == 0"] {
        assert!(plain::test(text, &names()).is_some(), "{text}");
    }
    for text in ["a < b", "a + 1 > 2", "changed(\"prompt\", \"24h\")", "age(a) > \"10m\"", "nobody > 1", "a > -1"] {
        assert!(plain::test(text, &names()).is_none(), "{text}");
    }
}
