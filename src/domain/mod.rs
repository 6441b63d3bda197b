//! The rules of the product as pure values and functions: statuses, evidence, ranking, walk, plan and run machines, snapshot.
//! May not import tokio, reqwest, ratatui, files, environment or clocks: time comes in as a value.

pub mod action;
pub mod aftermath;
pub mod approval;
pub mod baseline;
pub mod catalogue;
pub mod cause;
pub mod change;
pub mod coach;
pub mod containment;
pub mod diff;
pub mod doubt;
pub mod draft;
pub mod endpoint;
pub mod entry;
pub mod evidence;
pub mod facts;
pub mod figures;
#[cfg(test)]
pub(crate) mod fixture;
pub mod gaps;
pub mod gate;
pub mod headline;
pub mod ids;
pub mod incident;
pub mod lever;
pub mod limits;
pub mod observations;
pub mod onset;
pub mod outside;
pub mod permit;
pub mod picture;
pub mod plan;
pub mod ranking;
pub mod recovery;
pub mod restored;
pub mod run;
pub mod runbook;
pub mod sample;
pub mod signal;
pub mod snapshot;
pub mod status;
pub mod suite;
pub mod text;
pub mod tier;
pub mod walk;
