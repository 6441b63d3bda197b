//! Every vendor with levers against every trouble: which test shows it, or why the store cannot have it.
//! `cargo test --test stores coverage -- --nocapture` prints the table.

use breakglass::adapters::build::build;
use breakglass::domain::endpoint::Vendor;

/// How a vendor's levers meet one trouble.
enum Met {
    /// In the shared contract, which this test runs whole.
    Contract(&'static str, &'static str),
    /// In a test of its own.
    Test(&'static str, &'static str),
    /// The store cannot have it.
    Never(&'static str),
}

use Met::{Contract, Never, Test};

struct Row {
    vendor: Vendor,
    auth_failure: Met,
    missing_target: Met,
    conflict: Met,
    slow: Met,
    cut_off: Met,
    /// 200, and traffic goes on as before.
    not_served: Met,
}

const NO_COMPARE: &str = "compares nothing: the runner reads again and voids the plan";
const READERS: &str = "readers keep copies that it does not know: only traffic tells";
const OF_A_FILE: &str = "a file is read and replaced on this machine";

/// A row whose contract is run whole by one test, which also shows what the contract cannot: a wrong token.
const fn whole(vendor: Vendor, file: &'static str, test: &'static str, conflict: Met, not_served: Met) -> Row {
    Row {
        vendor,
        auth_failure: Test(file, test),
        missing_target: Contract(file, test),
        conflict,
        slow: Contract(file, test),
        cut_off: Contract(file, test),
        not_served,
    }
}

const HERE: &str = "contract.rs";
const REFUSED: Met = Test("faults.rs", "token_refused");

static ROWS: [Row; 15] = [
    Row {
        auth_failure: Test("stores/unleash.rs", "a_client_api_that_has_not_heard_is_seen_and_a_wrong_token_is_refused"),
        ..whole(
            Vendor::Unleash,
            HERE,
            "the_sandbox_s_flag_store_keeps_the_contract",
            Contract(HERE, "the_sandbox_s_variants_keep_the_contract"),
            Test("stores/unleash.rs", "a_client_api_that_has_not_heard_is_seen_and_a_wrong_token_is_refused"),
        )
    },
    Row {
        auth_failure: REFUSED,
        ..whole(
            Vendor::Mlflow,
            HERE,
            "the_sandbox_s_prompt_registry_keeps_the_contract",
            Never(NO_COMPARE),
            Never("the alias is what is served, and the gateway's cache is shown by traffic only"),
        )
    },
    whole(
        Vendor::Langfuse,
        "stores/langfuse.rs",
        "langfuse_keeps_the_contract_and_every_other_label",
        Never(NO_COMPARE),
        Never("the label is what is served; copies in products are shown by traffic only"),
    ),
    whole(
        Vendor::LaunchDarkly,
        "stores/launchdarkly.rs",
        "launchdarkly_keeps_the_contract",
        Test("stores/launchdarkly.rs", "a_concurrent_edit_is_a_lost_race_and_a_changed_rule_stops_undo"),
        Never(READERS),
    ),
    whole(
        Vendor::Kubernetes,
        "stores/kubernetes.rs",
        "a_deployment_keeps_the_contract",
        Contract("stores/kubernetes.rs", "a_deployment_keeps_the_contract"),
        Test("stores/kubernetes.rs", "a_patch_that_rolls_nothing_out_is_not_served"),
    ),
    Row {
        missing_target: Never("matchers of nothing may match tomorrow"),
        ..whole(
            Vendor::Alertmanager,
            "stores/alertmanager.rs",
            "alertmanager_keeps_the_contract",
            Never(NO_COMPARE),
            Test(
                "stores/alertmanager.rs",
                "a_silence_that_is_stored_and_does_not_work_is_not_served_and_never_called_safe",
            ),
        )
    },
    whole(
        Vendor::LiteLlm,
        "stores/litellm.rs",
        "the_weights_of_a_group_keep_the_contract_and_come_back_to_the_number",
        Never(NO_COMPARE),
        Never("the replica that answers tells what it routes by; others are shown by traffic only"),
    ),
    whole(
        Vendor::Flagsmith,
        "stores/flagsmith.rs",
        "flagsmith_keeps_the_contract",
        Never(NO_COMPARE),
        Test("stores/flagsmith.rs", "an_edge_that_has_not_heard_is_seen_and_overrides_are_told"),
    ),
    Row {
        vendor: Vendor::Ofrep,
        auth_failure: REFUSED,
        missing_target: Test(
            "stores/ofrep.rs",
            "a_default_variant_moves_in_the_file_is_evaluated_and_comes_back_to_the_byte",
        ),
        conflict: Test(
            "stores/ofrep.rs",
            "a_default_variant_moves_in_the_file_is_evaluated_and_comes_back_to_the_byte",
        ),
        slow: Test("faults.rs", "accepted_then_silent"),
        cut_off: Test("faults.rs", "reset_within_body"),
        not_served: Test("stores/ofrep.rs", "a_server_that_no_longer_watches_its_file_is_seen"),
    },
    Row {
        auth_failure: Test("stores/etcd.rs", "an_etcd_with_users_takes_its_password_and_no_other"),
        ..whole(
            Vendor::Etcd,
            "stores/etcd.rs",
            "etcd_keeps_the_contract",
            Contract("stores/etcd.rs", "etcd_keeps_the_contract"),
            Never(READERS),
        )
    },
    whole(
        Vendor::Consul,
        "stores/consul.rs",
        "consul_keeps_the_contract",
        Contract("stores/consul.rs", "consul_keeps_the_contract"),
        Never(READERS),
    ),
    Row {
        auth_failure: Test("stores/redis.rs", "a_redis_with_users_takes_its_password_and_no_other"),
        ..whole(
            Vendor::Redis,
            "stores/redis.rs",
            "redis_keeps_the_contract",
            Contract("stores/redis.rs", "redis_keeps_the_contract"),
            Never(READERS),
        )
    },
    Row {
        vendor: Vendor::File,
        auth_failure: Test(
            "../src/adapters/file/tests.rs",
            "links_open_rights_and_foreign_places_are_refused_and_named",
        ),
        missing_target: Contract(HERE, "a_flag_file_keeps_the_contract"),
        conflict: Contract(HERE, "a_flag_file_keeps_the_contract"),
        slow: Never(OF_A_FILE),
        cut_off: Never(OF_A_FILE),
        not_served: Never(READERS),
    },
    Row {
        auth_failure: Test("recipes/main.rs", "a_wrong_token_is_refused_by_every_store_that_asks_for_one"),
        ..whole(
            Vendor::Http,
            "recipes/main.rs",
            "every_http_block_of_the_page_keeps_the_contract",
            Contract("recipes/main.rs", "every_http_block_of_the_page_keeps_the_contract"),
            Test("recipes/main.rs", "a_yes_that_the_serving_side_does_not_follow_is_seen"),
        )
    },
    Row {
        vendor: Vendor::Command,
        auth_failure: Test(
            "recipes/commands.rs",
            "only_exit_codes_that_prove_a_refusal_are_a_no_and_nothing_runs_twice",
        ),
        missing_target: Test("recipes/commands.rs", "exit_codes_say_what_is_not_set_and_what_is_not_there"),
        conflict: Test("recipes/commands.rs", "only_exit_codes_that_prove_a_refusal_are_a_no_and_nothing_runs_twice"),
        slow: Test("recipes/commands.rs", "only_exit_codes_that_prove_a_refusal_are_a_no_and_nothing_runs_twice"),
        cut_off: Test("recipes/commands.rs", "only_exit_codes_that_prove_a_refusal_are_a_no_and_nothing_runs_twice"),
        not_served: Never("what a program serves is shown by traffic only, or by its own `served`"),
    },
];

impl Row {
    fn troubles(&self) -> [(&'static str, &Met); 6] {
        [
            ("auth failure", &self.auth_failure),
            ("missing target", &self.missing_target),
            ("conflict", &self.conflict),
            ("slow", &self.slow),
            ("cut-off", &self.cut_off),
            ("200 but not served", &self.not_served),
        ]
    }
}

/// The text of one test, to where the next one begins.
fn body(file: &str, test: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file);
    let source = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let start = source.find(&format!("fn {test}(")).or_else(|| source.find(&format!("    {test}: Wound::")));
    let start = start.unwrap_or_else(|| panic!("{file} has no test {test}"));
    let rest = &source[start..];
    rest.split("\n#[tokio::test]").next().unwrap_or(rest).to_owned()
}

#[test]
fn every_vendor_with_levers_is_tried_with_every_trouble() {
    for vendor in Vendor::ALL.iter().copied() {
        let (endpoint, _token) = crate::endpoint(vendor, "http://127.0.0.1:9", "token");
        let count = ROWS.iter().filter(|row| row.vendor == vendor).count();
        assert_eq!(count == 1, build(&endpoint).levers.is_some(), "{} stands in {count} rows", vendor.word());
    }
    for row in &ROWS {
        for (trouble, met) in row.troubles() {
            let shown = match met {
                Never(why) => format!("cannot happen: {why}"),
                Test(file, test) => {
                    let body = body(file, test);
                    let own = trouble != "auth failure" || *file == "faults.rs" || !file.starts_with("stores");
                    assert!(own || body.contains("a_wrong_token_is_refused"), "{test} tries no wrong token");
                    format!("{file}: {test}")
                }
                Contract(file, test) => {
                    assert!(body(file, test).contains("keeps_the_contract"), "{test} does not run the contract");
                    format!("the contract, by {file}: {test}")
                }
            };
            println!("{:<13} {trouble:<19} {shown}", row.vendor.word());
        }
    }
}

#[test]
fn a_feed_can_be_declared_for_exactly_the_vendors_that_report_changes() {
    for vendor in Vendor::ALL.iter().copied() {
        let (endpoint, _token) = crate::endpoint(vendor, "http://127.0.0.1:9", "token");
        let url = match vendor {
            Vendor::File | Vendor::Command => ".",
            Vendor::Redis => "redis://127.0.0.1:9",
            _ => "http://127.0.0.1:9",
        };
        let config = format!(
            "schema = 1\n[service]\nname = \"a\"\nenvironment = \"b\"\n[endpoint.e]\nvendor = \"{}\"\nurl = \"{url}\"\n\
             [change.c]\nfrom = \"e\"\n",
            vendor.word()
        );
        let told = breakglass::config::load_text("a", &config).err().map(|problems| problems.to_string());
        let declared = !told.unwrap_or_default().contains("reports no changes");
        assert_eq!(declared, build(&endpoint).changes.is_some(), "{}", vendor.word());
    }
}
