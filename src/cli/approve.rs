//! `approve`, `deny`, `review`, `unfreeze`: what a second person says on their own terminal, into the same journal.
//! May not fire anything.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use serde_json::json;

use super::args::{Approve, Deny, Place, Review, Unfreeze};
use super::exit::Exit;
use super::out::{self, Failure};
use super::session::{self, Session};
use super::{oversight, words};
use crate::clock;
use crate::domain::approval::{self, Person, Record, Standing};
use crate::domain::entry::Happening;
use crate::domain::incident::Ledger;
use crate::engine::Book;
use crate::journal::{Journal, Place as JournalPlace};

/// Runs `approve`.
pub async fn run(place: &Place, args: Approve) -> Result<Exit, Failure> {
    let config = session::load(place, None)?;
    let Some(wanted) = &args.digest else { return list(&config, args.json).await };
    let session = Session::open(config).await;
    let core = session.engine.core();
    let (ledger, me) = (core.book.ledger(), core.me());
    let record = find(&ledger, wanted)?;
    if let Some(why) = record.bars(&me) {
        let hint = "a colleague runs this on their own terminal, under their own account";
        return Err(Failure::new(why, hint).with(Exit::Refused));
    }
    answerable(record)?;
    session.look().await?;
    let plan = core.preview_asked(&record.asking).await.map_err(|why| {
        Failure::new(format!("the plan cannot be drafted here: {why}"), "without seeing it nobody approves it")
            .with(Exit::Refused)
    })?;
    let differs = record.asking.differs_from(&plan);
    if !differs.is_empty() {
        let words = format!("this is not what {} asked for:\n  {}", record.asker, differs.join("\n  "));
        return Err(Failure::new(words, "they look at a fresh preview and ask again").with(Exit::Refused));
    }
    if let Some(check) = plan.blocked_by() {
        let words = format!("blocked by a check: {}: {}", check.name, check.why);
        return Err(Failure::new(words, "it could not fire").with(Exit::Refused));
    }
    let until = super::json::second(record.asking.until);
    out::note(&format!("{}\n\nAsked by {} until {until}.", words::plan_as_asked(&plan), record.asker));
    approved_by_hand(&record.asking.approval_word(), &args)?;
    let digest = plan.digest.clone();
    core.book.record(Happening::Approved { digest: digest.clone(), by: me.name.clone() }).await;
    let outcome = written(&core.book, &digest, &me).await;
    core.book.journal().close().await;
    outcome?;
    if out::json_or_pipe(args.json) {
        out::say_json(
            &json!({ "digest": digest, "standing": "approved", "by": me.name, "until": record.asking.until }),
        );
    } else {
        out::tell(&format!("approved {} for {}, until {until}", digest.short(), record.asker));
    }
    Ok(Exit::Done)
}

/// The entry is only worth something where the asker can read it.
async fn written(book: &Book, digest: &crate::domain::plan::Digest, me: &Person) -> Result<(), Failure> {
    if !matches!(book.journal().place(), JournalPlace::Stored) {
        let hint = "mend the journal (`breakglass journal verify`), then approve again";
        return Err(Failure::new("the shared journal is away: the asker cannot see this", hint).with(Exit::CannotSay));
    }
    let ledger = book.account().await.ledger;
    match ledger.requests.get(digest).map(|record| record.standing(clock::now())) {
        Some(Standing::Approved { by }) if by.is(me) => Ok(()),
        Some(Standing::Approved { .. } | Standing::Used(_)) => Ok(()),
        standing => {
            let word = standing.map_or("gone", |standing| standing.word());
            Err(Failure::new(format!("not approved: the request is {word}"), "it may be asked again")
                .with(Exit::Refused))
        }
    }
}

/// The typed word and `Y`: as options, or at the terminal.
fn approved_by_hand(word: &str, args: &Approve) -> Result<(), Failure> {
    let missing = || {
        let hint = format!("read it, then add --type {word:?} --yes");
        Failure::new("not approved yet", hint).with(Exit::ApprovalMissing)
    };
    if let Some(typed) = &args.typed {
        return if typed.trim() == word && args.yes { Ok(()) } else { Err(missing()) };
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(missing());
    }
    if asked(&format!("To approve, type {word:?}: ")) != word || asked("Y approves, anything else leaves: ") != "Y" {
        return Err(missing());
    }
    Ok(())
}

fn asked(question: &str) -> String {
    let mut err = io::stderr().lock();
    let _ = write!(err, "{question}");
    let _ = err.flush();
    let mut line = String::new();
    let _ = io::stdin().lock().read_line(&mut line);
    line.trim().to_owned()
}

async fn list(config: &crate::config::Config, json: bool) -> Result<Exit, Failure> {
    let book = open(config).await;
    let ledger = book.account().await.ledger;
    if out::json_or_pipe(json) {
        out::say_json(&json!({ "approvals": oversight::approvals(&ledger, clock::now()) }));
    } else {
        out::tell(&oversight::approval_words(&config.catalogue, &ledger, clock::now()));
    }
    book.journal().close().await;
    Ok(Exit::Done)
}

/// Runs `deny`.
pub async fn deny(place: &Place, args: Deny) -> Result<Exit, Failure> {
    let config = session::load(place, None)?;
    let why = reason(&args.why)?;
    let book = open(&config).await;
    let ledger = book.account().await.ledger;
    let record = find(&ledger, &args.digest)?;
    answerable(record)?;
    let (digest, by) = (record.asking.digest.clone(), me(&book, &config).name);
    book.record(Happening::Denied { digest: digest.clone(), by: by.clone(), why: why.clone() }).await;
    let away = !matches!(book.journal().place(), JournalPlace::Stored);
    book.journal().close().await;
    if away {
        let hint = "tell the asker by voice, and mend the journal";
        return Err(Failure::new("the shared journal is away: the asker cannot see this", hint).with(Exit::CannotSay));
    }
    if out::json_or_pipe(args.json) {
        out::say_json(&json!({ "digest": digest, "standing": "denied", "by": by, "why": why }));
    } else {
        out::tell(&format!("denied {}: nobody can approve it any more", digest.short()));
    }
    Ok(Exit::Done)
}

/// Runs `review`.
pub async fn review(place: &Place, args: Review) -> Result<Exit, Failure> {
    let config = session::load(place, None)?;
    let why = reason(&args.why)?;
    let book = open(&config).await;
    let ledger = book.account().await.ledger;
    let who = me(&book, &config);
    let found = ledger.glasses.open().find(|glass| {
        let run = glass.run.as_ref().is_some_and(|run| run.as_str() == args.what || run.short() == args.what);
        run || glass.entry.digest.matches(&args.what)
    });
    let Some(glass) = found else {
        let hint = "`breakglass status` lists what waits for review";
        return Err(Failure::new(format!("no broken glass {:?} waits for review", args.what), hint));
    };
    if glass.person.is(&who) {
        let hint = "a colleague reviews it, under their own account";
        return Err(Failure::new(format!("{} did this alone; nobody reviews their own", glass.person), hint)
            .with(Exit::Refused));
    }
    let digest = glass.entry.digest.clone();
    book.record(Happening::Reviewed { digest: digest.clone(), by: who.name, why }).await;
    book.journal().close().await;
    out::tell(&format!("reviewed {}", digest.short()));
    Ok(Exit::Done)
}

/// Runs `unfreeze`.
pub async fn unfreeze(place: &Place, args: Unfreeze) -> Result<Exit, Failure> {
    let config = session::load(place, None)?;
    let why = reason(&args.why)?;
    let word = approval::unfreeze_word(&config.catalogue.environment);
    if args.typed.as_deref().map(str::trim) != Some(word.as_str()) {
        let hint = format!("look at the failed runs first (`breakglass journal list`), then add --type {word:?}");
        return Err(Failure::new("not unfrozen yet", hint).with(Exit::ApprovalMissing));
    }
    let book = open(&config).await;
    let ledger = book.account().await.ledger;
    if !ledger.is_frozen(clock::now()) {
        book.journal().close().await;
        out::tell("nothing is frozen");
        return Ok(Exit::Done);
    }
    book.record(Happening::Unfrozen { why }).await;
    book.journal().close().await;
    out::tell("unfrozen, on record");
    Ok(Exit::Done)
}

pub(super) async fn open(config: &crate::config::Config) -> Book {
    let journal = Journal::open_with(session::journal(config)).await;
    for worry in session::worries(&journal) {
        out::note(&worry);
    }
    Book::new(journal)
}

fn me(book: &Book, config: &crate::config::Config) -> Person {
    let writer = book.journal().writer();
    Person::new(&writer.who, &writer.host, config.person.as_deref())
}

fn find<'a>(ledger: &'a Ledger, wanted: &str) -> Result<&'a Record, Failure> {
    let hint = "`breakglass approve` lists what is open; a digest is at least 12 digits";
    match ledger.requests.matching(wanted).as_slice() {
        [record] => Ok(record),
        [] => Err(Failure::new(format!("no request for approval {wanted:?} is in this journal"), hint)),
        _ => Err(Failure::new(format!("{wanted:?} means several requests"), hint)),
    }
}

/// Only what waits, or was approved and not fired, can be answered.
fn answerable(record: &Record) -> Result<(), Failure> {
    let standing = record.standing(clock::now());
    match standing {
        Standing::Waiting | Standing::Approved { .. } => Ok(()),
        other => Err(Failure::new(format!("this request is {} already", other.word()), "it may be asked again")
            .with(Exit::Refused)),
    }
}

pub(super) fn reason(why: &str) -> Result<String, Failure> {
    let why = crate::domain::text::clean(why.trim());
    if why.is_empty() {
        return Err(Failure::new("a reason is missing", "add --why WORDS: it is what the record says"));
    }
    Ok(why)
}
