//! Whether anything is wrong at all: symptoms stay silent while our own numbers are fine. May not rank.

use super::super::catalogue::Catalogue;
use super::super::endpoint::Vendor;
use super::super::signal::{Better, SignalSpec, SignalState};
use super::super::status::Status;

/// An amount that grew this much more than the traffic did is not explained by the traffic.
const BEYOND_TRAFFIC: f64 = 1.25;

/// True if anything measured is bad by itself. A provider's status page (often wrong, always late), a moderate change
/// of traffic, and amounts that only grew with it are no trouble.
pub(super) fn is_trouble(catalogue: &Catalogue, signals: &[SignalState]) -> bool {
    let traffic = signals.iter().find(|signal| signal.spec.id.as_str() == "request_rate").and_then(times_normal);
    signals.iter().any(|signal| match signal.status {
        Status::Crit => !is_page_of(catalogue, &signal.spec),
        Status::Warn => {
            !is_page_of(catalogue, &signal.spec) && !is_traffic(&signal.spec) && !grew_with(traffic, signal)
        }
        _ => false,
    })
}

/// A warning amount per time whose growth the growth of traffic explains: more of everything, at the same ratios.
fn grew_with(traffic: Option<f64>, signal: &SignalState) -> bool {
    let is_amount = ["/s", "/min", "/h", "requests"].iter().any(|unit| signal.spec.unit.ends_with(unit));
    let growth = times_normal(signal);
    is_amount && traffic.zip(growth).is_some_and(|(traffic, growth)| growth <= traffic.max(1.0) * BEYOND_TRAFFIC)
}

fn times_normal(signal: &SignalState) -> Option<f64> {
    let normal = signal.baseline.filter(|normal| normal.median > 0.0)?.median;
    signal.usable.then_some(signal.sample?.value / normal)
}

fn is_page_of(catalogue: &Catalogue, spec: &SignalSpec) -> bool {
    let vendor = spec.from.as_ref().and_then(|from| catalogue.endpoints.get(from));
    is_status_page(spec) || vendor.is_some_and(|vendor| vendor == Vendor::Statuspage.word())
}

/// True for the level of a provider's status page: 0 none, 1 minor, 2 major, 3 critical.
#[must_use]
pub fn is_status_page(spec: &SignalSpec) -> bool {
    spec.id.as_str() == "provider_status" || spec.unit.starts_with("level 0-3")
}

/// True for amounts of traffic, where more or less is no fault by itself.
fn is_traffic(spec: &SignalSpec) -> bool {
    spec.better == Better::Band && spec.unit.ends_with("/s")
}
