//! Samples of a JSON Lines file: the end of it, whole lines only. May not follow the file or keep it open.

use async_trait::async_trait;

use super::{Files, blocking, log};
use crate::adapters::Samples;
use crate::domain::cause::Fault;
use crate::domain::samples::{Parsed, SamplesSpec, of_lines};

#[async_trait]
impl Samples for Files {
    async fn read(&self, spec: &SamplesSpec) -> Result<Parsed, Fault> {
        let spec = spec.clone();
        blocking(self.directory().join(&spec.path), move |path| {
            let end = log::tail(path)?;
            let lines: Vec<_> = log::complete_lines(&end).map(String::from_utf8_lossy).collect();
            Ok(of_lines(&spec, &lines.join("\n")))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::adapters::testing::endpoint;
    use crate::domain::endpoint::Vendor;
    use crate::domain::samples::tests::spec;

    #[tokio::test]
    async fn the_end_of_the_file_is_read_and_a_line_that_still_grows_is_left_out() {
        let home = tempfile::tempdir().expect("a directory");
        let mut file = std::fs::File::create(home.path().join("samples.jsonl")).expect("a file");
        writeln!(file, "{{\"input\":\"q\",\"output\":\"one\"}}\nno json").expect("written");
        write!(file, "{{\"input\":\"q\",\"output\":\"two\"}}\n{{\"input\":\"q\",\"out").expect("written");
        let mut spec = spec();
        (spec.items, spec.path) = (None, "samples.jsonl".into());
        let files = Files { spec: endpoint(Vendor::File, home.path().to_str().expect("UTF-8")) };
        let parsed = files.read(&spec).await.expect("read");
        let answers: Vec<_> = parsed.samples.iter().map(|sample| sample.answer.as_str()).collect();
        assert_eq!((answers, parsed.unread), (vec!["two", "one"], 1));
        spec.path = "none.jsonl".into();
        assert!(matches!(files.read(&spec).await, Err(Fault::NotFound { .. })));
    }
}
