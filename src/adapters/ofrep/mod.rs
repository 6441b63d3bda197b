//! Flags in a file of this machine that flagd or GO Feature Flag serve: the default variant in the file is the lever, and what
//! the server's OFREP evaluates is the serving side. OFREP itself never writes. May not touch targeting.
//!
//! Facts this relies on (OFREP 0.1 and flagd's evaluator, run): a disabled flag behaves as if it did not exist, so that every
//! product falls back to its own default; targeting wins over the default variant; a file that cannot be read keeps the old one.

mod flags;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::domain::cause::Fault;
use crate::domain::endpoint::{EndpointSpec, Vendor};
use crate::domain::lever::{Contract, LeverReading, LeverTarget, Setting, forms};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Check, CheckStatus, PlannedRequest};
use crate::net::{ReadClient, segment};

use super::planned::odd;
use super::{Adapter, Levers, WriteOutcome, file};
use flags::Flag;

/// The default poll of GO Feature Flag; flagd watches and is faster.
const PROPAGATION: Duration = Duration::from_mins(1);
/// Whom the server is asked for. Nobody's real key.
const NOBODY: &str = "breakglass";

/// The adapter for an OFREP endpoint.
#[must_use]
pub fn adapter(client: ReadClient) -> Adapter {
    // Paths of its levers are absolute, so that the directory stays empty.
    let files = EndpointSpec { vendor: Vendor::File, url: String::new(), secret: None, ..client.spec().clone() };
    let levers: Option<Arc<dyn Levers>> =
        file::adapter(files).levers.map(|files| -> Arc<dyn Levers> { Arc::new(Ofrep { client, files }) });
    Adapter { levers, ..Adapter::default() }
}

struct Ofrep {
    client: ReadClient,
    files: Arc<dyn Levers>,
}

impl Ofrep {
    /// The flag, and the place of its default variant as a lever in a file.
    fn place<'target>(&self, target: &'target LeverTarget) -> Result<(Flag<'target>, LeverTarget), String> {
        if !target.is(&forms::OFREP_FLAG) {
            return Err(format!("{} is no flag in a file (endpoint {})", target.words(), self.client.spec().id));
        }
        let flag = Flag::new(target.key("flag"), target.key("format"), target.key("path"))?;
        let inner =
            forms::FILE_VALUE.at([("path", target.key("path").to_owned()), ("pointer", flag.default_variant())]);
        Ok((flag, inner))
    }
}

#[async_trait]
impl Levers for Ofrep {
    fn contract(&self, _target: &LeverTarget) -> Contract {
        Contract::strong(PROPAGATION, "write to the file and its directory; a token that may evaluate")
    }

    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault> {
        let (flag, inner) = self.place(target).map_err(|why| odd(&why))?;
        let reading = self.files.read(&inner).await?;
        if reading.setting == Setting::Unset {
            return Err(Fault::NotFound { what: format!("flag {} with a default variant", flag.name()) });
        }
        Ok(reading)
    }

    fn plan(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        after: &Setting,
    ) -> Result<Vec<PlannedRequest>, String> {
        let (flag, inner) = self.place(target)?;
        flag.takes(&observed.raw, after)?;
        self.files.plan(&inner, observed, after)
    }

    fn restore(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String> {
        self.files.restore(&self.place(target)?.1, observed, prior)
    }

    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        self.files.write(permit, requests).await
    }

    /// What the server evaluates for somebody without attributes.
    async fn served(&self, target: &LeverTarget) -> Result<Option<Setting>, Fault> {
        let (flag, _) = self.place(target).map_err(|why| odd(&why))?;
        let path = format!("/ofrep/v1/evaluate/flags/{}", segment(flag.name()));
        let answer = self.client.ask_json(&path, &json!({ "context": { "targetingKey": NOBODY } })).await?;
        if let Some(fault) = answer.fault() {
            return Err(fault.clone());
        }
        let answer = answer.json()?;
        let words = |key: &str| answer.get(key).and_then(Value::as_str).filter(|words| !words.is_empty());
        match (words("variant"), words("reason")) {
            (Some(variant), _) => Ok(Some(flags::setting(variant))),
            (None, Some(reason)) => Ok(Some(Setting::Pointer(format!("the product's own default ({reason})")))),
            (None, None) => Err(odd("an evaluation without variant and reason")),
        }
    }

    async fn probe(&self, target: &LeverTarget) -> Vec<Check> {
        let (flag, inner) = match self.place(target) {
            Ok(place) => place,
            Err(why) => return vec![Check { name: "target exists".into(), status: CheckStatus::Fail, why }],
        };
        let mut found = self.files.probe(&inner).await;
        if let Ok(reading) = self.read(target).await {
            found.extend(flag.checks(&reading.raw));
        }
        let (status, why) = match self.served(target).await {
            Ok(_) => (CheckStatus::Pass, "the server evaluates the flag".to_owned()),
            Err(fault) => (CheckStatus::Warn, format!("what is served cannot be seen: {fault}")),
        };
        found.push(Check { name: "serving".into(), status, why });
        found
    }
}
