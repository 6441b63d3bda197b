//! From an endpoint of the config to the adapter that speaks its vendor's language.
//! May not do I/O: clients load secrets and roots on first use.

use crate::domain::endpoint::{EndpointSpec, Vendor};
use crate::net::{ReadClient, ReadCommand, RedisClient};

use super::{
    Adapter, alertmanager, command, consul, etcd, file, flagsmith, http, kubernetes, langfuse, launchdarkly, litellm,
    mlflow, ofrep, prometheus, redis, statuspage, unleash,
};

/// Who moves levers where nobody is named.
const NOBODY: &str = "breakglass";

/// The adapter for an endpoint.
#[must_use]
pub fn build(spec: &EndpointSpec) -> Adapter {
    build_for(spec, NOBODY)
}

/// The adapter for an endpoint; `actor` is told to stores that keep who moved a lever.
#[must_use]
pub fn build_for(spec: &EndpointSpec, actor: &str) -> Adapter {
    let client = ReadClient::new(spec.clone());
    match spec.vendor {
        Vendor::Prometheus => prometheus::adapter(client),
        Vendor::Http => http::adapter(client, actor),
        Vendor::Statuspage => statuspage::adapter(client),
        Vendor::Unleash => unleash::adapter(client),
        Vendor::Mlflow => mlflow::adapter(client),
        Vendor::Langfuse => langfuse::adapter(client),
        Vendor::LaunchDarkly => launchdarkly::adapter(client, actor),
        Vendor::Kubernetes => kubernetes::adapter(client),
        Vendor::Alertmanager => alertmanager::adapter(client, actor),
        Vendor::LiteLlm => litellm::adapter(client, actor),
        Vendor::Flagsmith => flagsmith::adapter(client),
        Vendor::Ofrep => ofrep::adapter(client),
        Vendor::Etcd => etcd::adapter(client),
        Vendor::Consul => consul::adapter(client),
        Vendor::Redis => redis::adapter(RedisClient::new(spec.clone())),
        Vendor::File => file::adapter(spec.clone()),
        Vendor::Command => command::adapter(ReadCommand::new(spec.clone()), actor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::testing::endpoint;

    #[test]
    fn every_vendor_has_an_adapter_that_can_do_something() {
        for vendor in Vendor::ALL.iter().copied() {
            let adapter = build(&endpoint(vendor, "http://127.0.0.1:9"));
            let ports = [adapter.readings.is_some(), adapter.changes.is_some(), adapter.levers.is_some()];
            assert!(ports.contains(&true), "{}", vendor.word());
        }
    }
}
