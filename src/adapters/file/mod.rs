//! Files on this machine: a value inside a JSON, TOML or YAML file as a lever, a JSON Lines file as a change feed.
//! May not follow links, write where others may write, or touch any byte but the value's own.

mod document;
mod locate;
mod log;
mod samples;
mod store;
#[cfg(test)]
mod tests;
mod yaml;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::change::Change;
use crate::domain::endpoint::{EndpointSpec, FeedSpec};
use crate::domain::lever::{Contract, LeverReading, LeverTarget, Revision, Setting, forms};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Check, CheckStatus, PlannedRequest};

use super::{Adapter, Changes, Levers, Told, WriteOutcome, checks};
use document::Format;

/// How long readers of a flag file usually take to notice.
const PROPAGATION: Duration = Duration::from_secs(5);
/// The method of a planned write; no HTTP method, so that no HTTP client could ever send it.
const WRITE: &str = "WRITE";

/// The adapter for a directory.
#[must_use]
pub fn adapter(spec: EndpointSpec) -> Adapter {
    let files = Arc::new(Files { spec });
    Adapter { changes: Some(files.clone()), samples: Some(files.clone()), levers: Some(files), ..Adapter::default() }
}

struct Files {
    spec: EndpointSpec,
}

impl Files {
    /// The endpoint's directory; empty means that paths stand for themselves.
    fn directory(&self) -> PathBuf {
        let url = Url::parse(&self.spec.url).ok().filter(|url| url.scheme() == "file");
        url.and_then(|url| url.to_file_path().ok()).unwrap_or_else(|| PathBuf::from(&self.spec.url))
    }

    fn place<'target>(&self, target: &'target LeverTarget) -> Result<(PathBuf, &'target str, Format), String> {
        if !target.is(&forms::FILE_VALUE) {
            return Err(format!("{} is no lever in a file (endpoint {})", target.words(), self.spec.id));
        }
        let path = self.directory().join(target.key("path"));
        let format = format_of(&path)?;
        Ok((path, target.key("pointer"), format))
    }

    /// The one request that gives the file the bytes `text`, if it still holds what was observed.
    fn request(path: &Path, format: Format, observed: &LeverReading, text: String) -> Result<PlannedRequest, String> {
        let mut url = Url::from_file_path(path)
            .map_err(|()| format!("{} is not an absolute path; give the endpoint one", path.display()))?;
        url.set_fragment(Some(&format!("if-sha256={}", fingerprint(&observed.raw))));
        Ok(PlannedRequest {
            method: WRITE.into(),
            url: url.into(),
            headers: Vec::new(),
            content_type: Some(format.content_type().into()),
            body: Some(text),
        })
    }
}

fn format_of(path: &Path) -> Result<Format, String> {
    let why = || format!("{}: only .json, .toml, .yaml and .yml files can be levers", path.display());
    Format::of(path).ok_or_else(why)
}

/// What a file of this name with this text says.
///
/// # Errors
/// In words: another kind of file, or not what its name says.
pub(super) fn document(path: &Path, text: &str) -> Result<serde_json::Value, String> {
    format_of(path)?.parse(text)
}

fn fingerprint(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}

fn file_fault(path: &Path, why: impl Into<String>) -> Fault {
    Fault::File { path: path.display().to_string(), why: why.into() }
}

/// Files are read and written off the runtime's own threads: a hanging network mount must not stop the screen.
async fn blocking<T: Send + 'static>(
    path: PathBuf,
    work: impl FnOnce(&Path) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let name = path.clone();
    let done = tokio::task::spawn_blocking(move || work(&path)).await;
    done.unwrap_or_else(|error| Err(file_fault(&name, error.to_string())))
}

#[async_trait]
impl Changes for Files {
    async fn tell(&self, feed: &FeedSpec, since: Timestamp) -> Told {
        let feed = feed.clone();
        let told = blocking(self.directory().join(&feed.what), move |path| Ok(log::changes(path, &feed, since))).await;
        told.unwrap_or_else(|fault| Told { changes: None, fault: Some(fault) })
    }

    async fn since(&self, feed: &FeedSpec, since: Timestamp) -> Result<Vec<Change>, Fault> {
        match self.tell(feed, since).await {
            Told { fault: Some(fault), .. } => Err(fault),
            Told { changes, .. } => Ok(changes.unwrap_or_default()),
        }
    }
}

#[async_trait]
impl Levers for Files {
    fn contract(&self, _target: &LeverTarget) -> Contract {
        Contract::strong(PROPAGATION, "write to the file and its directory")
    }

    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault> {
        let (path, pointer, format) = self.place(target).map_err(|why| Fault::NotUnderstood { why })?;
        let pointer = pointer.to_owned();
        blocking(path, move |path| {
            let (raw, changed_at) = store::read(path)?;
            let setting = document::setting(format, &raw, &pointer).map_err(|why| file_fault(path, why))?;
            Ok(LeverReading {
                setting,
                revision: Revision::Strong(fingerprint(&raw)),
                raw,
                read_at: clock::now(),
                set_by: None,
                set_at: changed_at,
            })
        })
        .await
    }

    fn plan(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        after: &Setting,
    ) -> Result<Vec<PlannedRequest>, String> {
        let (path, pointer, format) = self.place(target)?;
        let text = document::with_setting(format, &observed.raw, pointer, after)?;
        Ok(vec![Self::request(&path, format, observed, text)?])
    }

    fn restore(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String> {
        let (path, pointer, format) = self.place(target)?;
        let text = document::with_value_of(format, &observed.raw, pointer, &prior.raw)?;
        if text == observed.raw {
            return Err("nothing to undo: it is already as it was before".into());
        }
        Ok(vec![Self::request(&path, format, observed, text)?])
    }

    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        let [request] = requests else {
            return WriteOutcome::NotSent(Fault::NotUnderstood { why: "a file takes exactly one write".into() });
        };
        let Some((path, expected, text)) = parts(request) else {
            return WriteOutcome::NotSent(Fault::BadAddress {
                why: format!("{} is no planned file write", request.url),
            });
        };
        let directory = self.directory();
        let name = path.clone();
        let until = permit.until();
        let replace = move || {
            if clock::since_boot() >= until {
                return WriteOutcome::NotSent(Fault::ClaimLapsed);
            }
            store::replace(&path, &directory, &expected, &text)
        };
        let done = tokio::task::spawn_blocking(replace).await;
        done.unwrap_or_else(|error| WriteOutcome::Unknown(file_fault(&name, error.to_string())))
    }

    async fn served(&self, _target: &LeverTarget) -> Result<Option<Setting>, Fault> {
        Ok(None)
    }

    async fn probe(&self, target: &LeverTarget) -> Vec<Check> {
        let read = self.read(target).await;
        let mut found = checks::of_read(&read.as_ref().map(drop).map_err(Clone::clone), &target.words());
        if read.is_ok_and(|reading| reading.setting == Setting::Unset) {
            let why = "the file has no such value; add it once by hand".into();
            found.push(Check { name: "value exists".into(), status: CheckStatus::Fail, why });
        }
        if let Ok((path, ..)) = self.place(target) {
            let directory = self.directory();
            let allowed =
                blocking(path, move |path| store::guard(path, &directory).map_err(|why| file_fault(path, why)));
            found.push(match allowed.await {
                Ok(_) => Check {
                    name: "write allowed".into(),
                    status: CheckStatus::Pass,
                    why: "file and directory are ours to write".into(),
                },
                Err(fault) => Check { name: "write allowed".into(), status: CheckStatus::Fail, why: fault.to_string() },
            });
        }
        found
    }
}

/// Path, expected fingerprint and new text of a planned write.
fn parts(request: &PlannedRequest) -> Option<(PathBuf, String, String)> {
    let url = Url::parse(&request.url).ok().filter(|url| url.scheme() == "file" && request.method == WRITE)?;
    let expected = url.fragment()?.strip_prefix("if-sha256=")?.to_owned();
    Some((url.to_file_path().ok()?, expected, request.body.clone()?))
}
