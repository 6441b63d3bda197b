//! Samples for a person who asked: read from their source, and asked again in a session that may act. A replay is an
//! entry of the journal. May not judge an answer.

use super::Core;
use crate::adapters::samples::replay;
use crate::domain::entry::Happening;
use crate::domain::ids::SamplesId;
use crate::domain::samples::{Parsed, ReplayOutcome, SamplesSpec, UserSample};
use crate::domain::suite::SaySo;

impl Core {
    /// The newest samples of a source.
    ///
    /// # Errors
    /// In words: no such source, or why it cannot be read.
    pub async fn samples(&self, id: &SamplesId) -> Result<Parsed, String> {
        let spec = self.samples_spec(id)?;
        let adapter = self.adapters.get(&spec.from).and_then(|adapter| adapter.samples.clone());
        let source = adapter.ok_or_else(|| format!("endpoint {} has no samples", spec.from))?;
        source.read(spec).await.map_err(|fault| format!("{}: {fault}", spec.from))
    }

    /// Asks a sample again through the product's public path, and writes down what came of it.
    ///
    /// # Errors
    /// In words: this session may not, or the config does not say how.
    pub async fn replay(&self, id: &SamplesId, sample: &UserSample, who: &str) -> Result<ReplayOutcome, String> {
        let spec = self.samples_spec(id)?;
        let how = spec.replay.as_ref().ok_or_else(|| format!("[samples.{id}.replay] says how; it is not there"))?;
        let say_so = SaySo::of_a_session(self.mode(), who);
        let say_so = say_so.ok_or("this session may not ask the product; nothing was sent")?;
        let traffic = self.adapters.get(&how.from).and_then(|adapter| adapter.traffic.clone());
        let traffic = traffic.ok_or_else(|| format!("endpoint {} takes no prompts", how.from))?;
        let outcome = replay(spec, how, sample, &*traffic, &say_so).await;
        self.book.record(Happening::Replayed(Box::new(outcome.clone()))).await;
        Ok(outcome)
    }

    fn samples_spec(&self, id: &SamplesId) -> Result<&SamplesSpec, String> {
        let spec = self.config.catalogue.samples.iter().find(|spec| spec.id == *id);
        spec.map(|spec| &**spec).ok_or_else(|| format!("there are no samples {id}"))
    }
}
