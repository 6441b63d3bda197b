//! The sandbox as its users meet it: a config that loads, and servers that our own adapters understand.

use super::*;
use crate::config::load_text;

#[tokio::test]
async fn every_scenario_starts_with_a_config_that_loads_without_a_warning() {
    for (name, _) in SCENARIOS {
        let sandbox = Sandbox::start(name, 7).await.expect("starts");
        let config = load_text("sandbox.toml", sandbox.config_text()).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(config.warnings, Vec::<String>::new());
        assert_eq!(config.catalogue.layers.len(), 6);
        assert!(sandbox.config_text().contains(&sandbox.addresses().prometheus));
    }
}

#[test]
fn the_example_config_names_every_example_address_once_and_no_other() {
    assert_eq!(config_template().matches("http://").count(), 5);
    load_text("example.toml", config_template()).unwrap_or_else(|problems| panic!("{problems}"));
}

#[tokio::test]
async fn an_unknown_scenario_is_refused_by_its_name_and_the_command_lists_the_others() {
    let error = Sandbox::start("meteor", 1).await.expect_err("refused").to_string();
    assert_eq!(error, "there is no scenario \"meteor\"");
}

#[test]
fn every_scenario_is_listed_and_every_listed_one_is_there() {
    assert_eq!(scenario::ALL.map(|scenario| (scenario.name, scenario.about)), scenario::LIST);
}
