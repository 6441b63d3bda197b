//! The contract of every store with levers, against fakes of the shapes that the stores' documentation gives.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test says what it expects, and tells")]

mod alertmanager;
mod consul;
#[path = "../contract/mod.rs"]
mod contract;
mod coverage;
mod etcd;
mod fake;
mod flagsmith;
mod kubernetes;
mod langfuse;
mod launchdarkly;
mod litellm;
mod ofrep;
mod redis;
mod unleash;

use std::time::Duration;

use breakglass::domain::cause::Fault;
use breakglass::domain::change::Change;
use breakglass::domain::endpoint::{EndpointSpec, FeedSpec, SecretSource, Vendor};

/// What a feed of this store tells since ever.
async fn changes(endpoint: &EndpointSpec, what: &str) -> Result<Vec<Change>, Fault> {
    let feed = FeedSpec {
        id: "feed".parse().expect("an id"),
        from: endpoint.id.clone(),
        kind: None,
        what: what.to_owned(),
        fields: None,
    };
    let changes = breakglass::adapters::build::build(endpoint).changes.expect("a store that reports changes");
    changes.since(&feed, jiff::Timestamp::UNIX_EPOCH).await
}

/// An endpoint with a token, and the file that the token lives in: hold on to it.
fn endpoint(vendor: Vendor, url: &str, token: &str) -> (EndpointSpec, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("token");
    std::fs::write(&file, token).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("changed");
    }
    let spec = EndpointSpec {
        id: "store".parse().expect("valid"),
        vendor,
        url: url.to_owned(),
        secret: Some(SecretSource::File(file)),
        serving_secret: None,
        user: None,
        secret_header: None,
        ca_file: None,
        timeout: Duration::from_secs(5),
        interval: Duration::from_secs(15),
    };
    (spec, directory)
}
