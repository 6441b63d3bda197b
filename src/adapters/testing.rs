//! Values that several adapters' tests share.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::endpoint::{EndpointSpec, Vendor};
use crate::domain::lever::{LeverReading, Revision, Setting};

/// An endpoint without secrets.
pub(super) fn endpoint(vendor: Vendor, url: &str) -> EndpointSpec {
    EndpointSpec {
        id: "store".parse().expect("a valid id"),
        vendor,
        url: url.to_owned(),
        secret: None,
        serving_secret: None,
        user: None,
        secret_header: None,
        ca_file: None,
        timeout: Duration::from_secs(2),
        interval: Duration::from_secs(15),
    }
}

/// A reading made of its setting and its sub-resource.
pub(super) fn reading(setting: Setting, raw: &str) -> LeverReading {
    LeverReading {
        setting,
        revision: Revision::None,
        raw: raw.to_owned(),
        read_at: Timestamp::UNIX_EPOCH,
        set_by: None,
        set_at: None,
    }
}
