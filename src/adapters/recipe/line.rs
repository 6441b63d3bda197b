//! The way to a store: requests over HTTP, or commands. Fills templates into exactly what is sent, sends writes once and
//! judges the answers by the recipe. May not choose what is sent.

use crate::domain::cause::Fault;
use crate::domain::endpoint::EndpointSpec;
use crate::domain::lever::recipe::{AnswerRule, Body, Call, Filling, Recipe, Template};
use crate::domain::permit::WritePermit;
use crate::domain::plan::PlannedRequest;
use crate::domain::text;
use crate::net::{Answer, Executed, Question, Ran, ReadClient, ReadCommand, WriteCommand, segment};

use super::super::WriteOutcome;
use super::super::sending::{self, Verdict};
use super::asking::Said;

/// The method of a planned request that is a command.
const RUN: &str = "RUN";
/// The most of a command's complaint that is shown.
const WORDS: usize = 200;

/// How an endpoint is talked to.
pub(in super::super) enum Line {
    /// Requests.
    Http(ReadClient),
    /// Commands.
    Command(ReadCommand),
}

impl Line {
    pub(super) fn endpoint(&self) -> &EndpointSpec {
        match self {
            Self::Http(client) => client.spec(),
            Self::Command(runner) => runner.spec(),
        }
    }

    /// Asks a question that changes nothing.
    pub(super) async fn ask(
        &self,
        call: &Call,
        filling: &Filling<'_>,
        recipe: &Recipe,
        serving: bool,
    ) -> Result<Said, Fault> {
        let unfit = |why: String| Fault::NotUnderstood { why };
        match (self, call) {
            (Self::Http(client), Call::Http { method, content_type, .. }) => {
                let Filled { path, query, headers, body } = Filled::of(call, filling).map_err(unfit)?;
                let pairs: Vec<(&str, &str)> = query.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
                let question = Question {
                    path: &path,
                    query: &pairs,
                    headers: &headers,
                    content_type: content_type.as_deref(),
                    post: *method == "POST",
                    body: body.as_deref(),
                    serving,
                };
                client.ask_as(&question).await.map(|answer| heard(&answer))
            }
            (Self::Command(runner), Call::Run(argv)) => {
                let argv = arguments(argv, filling).map_err(unfit)?;
                let ran = runner.run(&argv, &recipe.inherit).await?;
                ended(&argv, ran)
            }
            _ => Err(unfit("the recipe is not one for this endpoint".into())),
        }
    }

    /// The exact request, or the command, of a write.
    pub(super) fn planned(&self, call: &Call, filling: &Filling<'_>) -> Result<PlannedRequest, String> {
        match (self, call) {
            (Self::Http(client), Call::Http { method, content_type, .. }) => {
                let Filled { path, query, headers, body } = Filled::of(call, filling)?;
                let pairs: Vec<(&str, &str)> = query.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
                Ok(PlannedRequest {
                    method: (*method).to_owned(),
                    url: client.url(&path, &pairs).map_err(|fault| fault.to_string())?,
                    headers,
                    content_type: body.as_ref().and(content_type.clone()),
                    body,
                })
            }
            (Self::Command(_), Call::Run(argv)) => {
                let argv = arguments(argv, filling)?;
                let program = argv.first().map(|program| segment(program)).unwrap_or_default();
                Ok(PlannedRequest {
                    method: RUN.into(),
                    url: format!("command:///{program}"),
                    headers: Vec::new(),
                    content_type: Some("application/json".into()),
                    body: Some(serde_json::Value::from(argv).to_string()),
                })
            }
            _ => Err("the recipe is not one for this endpoint".into()),
        }
    }

    /// Sends the planned requests, each once.
    pub(super) async fn write(
        &self,
        recipe: &Recipe,
        permit: &WritePermit,
        requests: &[PlannedRequest],
    ) -> WriteOutcome {
        match self {
            Self::Http(client) => {
                let judge = |answer: &Answer| judged(recipe, answer);
                sending::send_judged(permit, client, requests, &judge).await
            }
            Self::Command(runner) => match requests {
                [request] if request.method == RUN => execute(recipe, permit, runner, request).await,
                _ => WriteOutcome::NotSent(Fault::NotUnderstood { why: "the plan is not one command".into() }),
            },
        }
    }
}

/// The templates of a request, filled.
struct Filled {
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

impl Filled {
    fn of(call: &Call, filling: &Filling<'_>) -> Result<Self, String> {
        let Call::Http { path, query, headers, body, .. } = call else { return Err("a command is no request".into()) };
        let named = |pairs: &[(String, Template)]| -> Result<Vec<(String, String)>, String> {
            pairs.iter().map(|(name, template)| Ok((name.clone(), template.text(filling)?))).collect()
        };
        let filled = path.encoded(filling, segment)?;
        let steps = filled.split('?').next().unwrap_or_default();
        if steps.split('/').any(|step| step == "." || step == "..") {
            return Err(format!("{filled} would leave its place"));
        }
        Ok(Self {
            path: filled,
            query: named(query)?,
            headers: named(headers)?,
            body: body.as_ref().map(|body: &Body| body.filled(filling)).transpose()?,
        })
    }
}

/// The words of a command. What fills a placeholder is never split, and never becomes an option.
fn arguments(argv: &[Template], filling: &Filling<'_>) -> Result<Vec<String>, String> {
    let word = |template: &Template| {
        let filled = template.text(filling)?;
        let own = matches!(template.0.first(), Some(crate::domain::lever::recipe::Piece::Hole(_)));
        if own && filled.starts_with('-') {
            return Err(format!("{filled:?} would be taken for an option"));
        }
        if filled.contains('\0') { Err("a NUL byte in an argument".into()) } else { Ok(filled) }
    };
    argv.iter().map(word).collect()
}

fn heard(answer: &Answer) -> Said {
    Said::new(answer.status, answer.etag.clone(), answer.body.clone(), Vec::new(), answer.fault().cloned())
}

/// What a command that ended by itself said.
fn ended(argv: &[String], ran: Ran) -> Result<Said, Fault> {
    let program = argv.first().map_or("", String::as_str);
    let Some(code) = ran.code.and_then(|code| u16::try_from(code).ok()) else {
        return Err(Fault::NotUnderstood { why: format!("{program} was ended by a signal") });
    };
    let fault = (code != 0).then(|| failed(program, code, &ran));
    Ok(Said::new(code, None, ran.output, ran.complaint, fault))
}

fn failed(program: &str, code: u16, ran: &Ran) -> Fault {
    let words = String::from_utf8_lossy(if ran.complaint.is_empty() { &ran.output } else { &ran.complaint });
    let line = text::clip(&text::clean(words.lines().next().unwrap_or_default()), WORDS);
    Fault::NotUnderstood { why: format!("{program} ended with {code}: {line}") }
}

/// Judges one complete answer by the recipe.
fn judged(recipe: &Recipe, answer: &Answer) -> Verdict {
    let said = heard(answer);
    if said.bears(&recipe.answer.conflict_on, &Filling::parameters(&recipe.parameters)) {
        return Verdict::No(sending::lost_the_race());
    }
    match sending::verdict(answer) {
        Verdict::Yes => agreed(&recipe.answer, &said),
        other => other,
    }
}

/// Whether a success is the yes that the recipe wants.
fn agreed(rule: &AnswerRule, said: &Said) -> Verdict {
    if !rule.ok.is_empty() && !rule.ok.contains(&said.status) {
        let why = format!("the store answered {}, which the recipe does not know as a yes", said.status);
        return Verdict::Unsure(Fault::NotUnderstood { why });
    }
    let Some((pointer, wanted)) = &rule.ok_if else { return Verdict::Yes };
    match said.json() {
        Ok(json) if json.pointer(pointer) == Some(wanted) => Verdict::Yes,
        // A complete answer in the store's own form that says no: for such stores that is how a lost race looks.
        Ok(_) => Verdict::No(sending::lost_the_race()),
        Err(fault) => Verdict::Unsure(fault),
    }
}

async fn execute(
    recipe: &Recipe,
    permit: &WritePermit,
    runner: &ReadCommand,
    request: &PlannedRequest,
) -> WriteOutcome {
    let argv: Vec<String> = match serde_json::from_str(request.body.as_deref().unwrap_or_default()) {
        Ok(argv) => argv,
        Err(_) => return WriteOutcome::NotSent(Fault::NotUnderstood { why: "the plan holds no command".into() }),
    };
    let program = argv.first().cloned().unwrap_or_default();
    let ran = match WriteCommand::new(permit, runner).run(&argv, &recipe.inherit).await {
        Executed::Ended(ran) => ran,
        Executed::NotStarted(fault) => return WriteOutcome::NotSent(fault),
        Executed::Unknown(fault) => return WriteOutcome::Unknown(fault),
    };
    let said = match ended(&argv, ran) {
        Ok(said) => said,
        Err(fault) => return WriteOutcome::Unknown(fault),
    };
    if said.bears(&recipe.answer.conflict_on, &Filling::parameters(&recipe.parameters)) {
        return WriteOutcome::Rejected(said.fault().cloned().unwrap_or_else(sending::lost_the_race));
    }
    match said.fault() {
        Some(_) if recipe.answer.ok.contains(&said.status) => {}
        // It may have failed half way: only the exit codes that the config names prove that nothing happened.
        Some(fault) => return WriteOutcome::Unknown(fault.clone()),
        None => {}
    }
    match agreed(&AnswerRule { ok: Vec::new(), ..recipe.answer.clone() }, &said) {
        Verdict::Yes => WriteOutcome::Acknowledged(format!("{program} ended with {}", said.status)),
        Verdict::No(fault) => WriteOutcome::Rejected(fault),
        Verdict::Unsure(fault) => WriteOutcome::Unknown(fault),
    }
}
