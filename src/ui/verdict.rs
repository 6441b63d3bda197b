//! The two sentences under the header, and what must not be overlooked: runs without an outcome, a journal that is away.
//! May not judge: the picture did.

use ratatui::text::{Line, Span};

use super::coach;
use super::format;
use super::theme::Theme;
use super::widgets::{badge, wrap};
use crate::app::command::CommandId;
use crate::app::msg::JournalPlace;
use crate::app::{Model, blind, containments, main, run};
use crate::domain::approval::{Standing, unfreeze_command};
use crate::domain::freeze;
use crate::domain::outside;
use crate::domain::run::RunState;
use crate::domain::runbook::Rule;
use crate::domain::snapshot::Snapshot;

/// Said when nothing is contained; lit, because it is the next thing to do.
const NOT_CONTAINED: &str = "Nothing is contained yet.";

/// How the sentence begins that says what is contained: the words that are dropped last.
const CONTAINMENT: [&str; 8] = [
    "Contained:",
    "Contained, not repaired:",
    "Not better yet:",
    "Last known:",
    "Nothing is contained",
    "No containment is known",
    "No lever was read",
    "Cannot say",
];

/// A suspect cut to fewer words than this names nothing any more.
const LEAST_WORDS: usize = 4;

/// The verdict in as few lines as the width allows, at most `most`. What is contained, and before it what to do next while
/// nothing can be said, is always said in full or up to the last line; the suspect is cut for it, then what fails. Whatever is cut ends in an ellipsis.
#[must_use]
pub fn lines(model: &Model, theme: &Theme, columns: u16, most: usize) -> Vec<Line<'static>> {
    let Some(snapshot) = &model.snapshot else { return asking(model, theme) };
    let badge = badge::loud_status(theme, snapshot.headline.status);
    let indent = badge.width() + 2;
    let room = usize::from(columns).saturating_sub(indent);
    let (suspect, contained) = split(&snapshot.headline.suspect);
    let next = blind::next_step(model).unwrap_or_default();
    let contained = format!("{next} {contained}");
    let contained = contained.trim();
    let wrapped = |text: &str| wrap::spans(&lit(snapshot, text, &next, theme), room);
    let what = wrap::spans(&[Span::styled(snapshot.headline.what.clone(), theme.decides())], room);
    if let Some(advice) = coach::lines(model, theme, room) {
        // What to do now comes before what came first.
        let what = cut(what, most.saturating_sub(advice.len()).max(1), room, theme);
        let left = most.saturating_sub(what.len());
        return under(&badge, indent, what.into_iter().chain(cut(advice, left, room, theme)));
    }
    let least = if contained.is_empty() { usize::from(!suspect.is_empty()) } else { wrapped(contained).len() };
    let what = cut(what, most.saturating_sub(least).max(1), room, theme);
    let left = most.saturating_sub(what.len());
    let fits = |words: &String| wrapped(words).len() <= left;
    let rest = shorter(suspect, contained, theme.glyphs().ellipsis()).find(fits);
    let rest = cut(wrapped(rest.as_deref().unwrap_or(contained)), left, room, theme);
    under(&badge, indent, what.into_iter().chain(rest))
}

/// The lines with the status at the first one, and under each other.
fn under(badge: &Span<'static>, indent: usize, lines: impl Iterator<Item = Line<'static>>) -> Vec<Line<'static>> {
    let line = |(at, line): (usize, Line<'static>)| {
        let mut spans = if at == 0 {
            vec![Span::raw(" "), badge.clone(), Span::raw(" ")]
        } else {
            vec![Span::raw(" ".repeat(indent))]
        };
        spans.extend(line.spans);
        Line::from(spans)
    };
    lines.enumerate().map(line).collect()
}

/// The suspect, and what is contained.
fn split(text: &str) -> (&str, &str) {
    let begins = CONTAINMENT.iter().filter_map(|words| text.rfind(words)).min();
    let (suspect, contained) = text.split_at(begins.unwrap_or(text.len()));
    (suspect.trim_end(), contained)
}

/// The whole sentence, then with fewer and fewer words of the suspect, at last without it.
fn shorter<'a>(suspect: &'a str, contained: &'a str, ellipsis: &'a str) -> impl Iterator<Item = String> + 'a {
    let words: Vec<&str> = suspect.split(' ').collect();
    let whole = format!("{suspect} {contained}").trim().to_owned();
    let cut = (LEAST_WORDS..words.len()).rev().map(move |kept| {
        let head = words.iter().take(kept).copied().collect::<Vec<_>>().join(" ");
        format!("{}{ellipsis} {contained}", head.trim_end_matches([',', '.', ':', ';'])).trim_end().to_owned()
    });
    std::iter::once(whole).chain(cut).chain((!contained.is_empty()).then(|| contained.to_owned()))
}

/// At most `most` lines; the last one ends in an ellipsis if more were there.
fn cut(mut lines: Vec<Line<'static>>, most: usize, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    let is_cut = lines.len() > most;
    lines.truncate(most);
    if let (true, Some(last)) = (is_cut, lines.last_mut()) {
        let ellipsis = theme.glyphs().ellipsis();
        let style = last.spans.last().map_or_else(|| theme.content(), |span| span.style);
        let mut over = (last.width() + wrap::width(ellipsis)).saturating_sub(room);
        while over > 0 {
            let Some(mut span) = last.spans.pop() else { break };
            let kept = wrap::head(&span.content, span.width().saturating_sub(over)).trim_end().to_owned();
            over = over.saturating_sub(span.width());
            span.content = kept.into();
            if !span.content.is_empty() {
                last.spans.push(span);
                break;
            }
        }
        last.spans.push(Span::styled(ellipsis, style));
    }
    lines
}

fn asking(model: &Model, theme: &Theme) -> Vec<Line<'static>> {
    let signals = model.catalogue.signals.len();
    let words = if signals == 0 {
        "No signal is wired: nothing can be said.".to_owned()
    } else {
        let what = format::counted(signals, "signal", "signals");
        format!("Asking {what}{}", theme.glyphs().ellipsis())
    };
    let more = if signals == 0 {
        Span::styled(format!("  Next: wire one; {}.", blind::WIRE), theme.attention())
    } else {
        Span::styled("  No verdict yet: nothing is shown as OK before it was measured.", theme.dim())
    };
    vec![Line::from(vec![Span::raw("  "), Span::styled(words, theme.decides())]), Line::from(more)]
}

/// The second sentence, with the change, the next step and what is missing lit.
fn lit(snapshot: &Snapshot, text: &str, next: &str, theme: &Theme) -> Vec<Span<'static>> {
    let change = snapshot.triage.suspect.as_ref().and_then(|suspect| snapshot.changes.get(suspect.change));
    let named = change.map(|change| [format!("{} {}", change.kind, change.what), change.what.clone()]);
    let mut lit = Vec::new();
    if let Some(words) = named.into_iter().flatten().find(|words| text.contains(words.as_str())) {
        lit.push((words, theme.change()));
    }
    lit.extend((!next.is_empty()).then(|| (next.to_owned(), theme.attention())));
    lit.push((NOT_CONTAINED.to_owned(), theme.attention()));
    let mut spans = Vec::new();
    let mut rest = text;
    for (words, style) in lit {
        if let Some((before, after)) = rest.split_once(words.as_str()) {
            spans.push(Span::styled(before.to_owned(), theme.content()));
            let words = if words == NOT_CONTAINED { wrap::unbroken(&words) } else { words };
            spans.push(Span::styled(words, style));
            rest = after;
        }
    }
    spans.push(Span::styled(rest.to_owned(), theme.content()));
    spans
}

/// Loud lines: the journal away, runs whose outcome is open, reviews that are due.
#[must_use]
pub fn banners(model: &Model, theme: &Theme, columns: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    match &model.journal {
        JournalPlace::Stored => {}
        JournalPlace::Spooling(why) => {
            lines.push(banner(" SPOOLING ", format!("the journal is away ({why}); entries wait in the spool"), theme));
        }
        JournalPlace::Unlogged { count, why } => {
            let entries = if *count == 1 { "1 entry is" } else { &format!("{count} entries are") };
            lines.push(banner(" UNLOGGED ", format!("{entries} only in memory: {why}; releases are refused"), theme));
        }
    }
    lines.extend(overseen(model, theme));
    for note in main::notes(model) {
        lines.push(banner(rule_word(note.rule), note.says.clone(), theme));
    }
    for due in containments::rows(model).iter().filter(|held| containments::is_due(held, model)) {
        let since = due.review_by.map(|by| format::ago(by, model.now)).unwrap_or_default();
        let key = model.keymap.label(CommandId::Containments);
        lines.push(banner(" REVIEW DUE ", format!("{}: review was due {since}; {key} shows it", due.words()), theme));
    }
    for (at, held) in containments::rows(model).iter().enumerate() {
        let stopped = containments::ended(model, held).is_some_and(|end| !end.back);
        if let Some(words) = containments::releasing(model, at).filter(|_| !stopped) {
            let key = model.keymap.label(CommandId::Containments);
            let here = containments::is_released_here(model, &held.lever);
            let word = if here { " RELEASING " } else { " HALF-WAY " };
            lines.push(banner(word, format!("{} is {}: {words}; {key} shows it", held.lever, held.now), theme));
        }
        if let Some(end) = containments::ended(model, held) {
            let word = if end.back { " ABORTED " } else { " STOPPED " };
            lines.push(banner(word, format!("{}: {}", held.lever, end.words()), theme));
        }
    }
    for pinned in run::pinned(model) {
        let line = match pinned.state {
            RunState::Unknown => {
                run_banner(model, &pinned.title, ("may have happened", "being read back"), columns, theme)
            }
            RunState::Unseen => run_banner(model, &pinned.title, ("no effect seen", "may still land"), columns, theme),
            RunState::Stuck => banner(" STUCK ", format!("{}: no effect was shown in time", pinned.title), theme),
            state => Line::from(vec![
                Span::raw("  "),
                Span::styled(theme.glyphs().pointer(), theme.attention()),
                Span::raw(" "),
                Span::styled(pinned.title, theme.decides()),
                Span::styled(format!(": {state}"), theme.attention()),
            ]),
        };
        lines.push(line);
    }
    lines
}

/// What people have to look after: going on alone, failed writes, changes from outside, somebody waiting for an answer.
fn overseen(model: &Model, theme: &Theme) -> Vec<Line<'static>> {
    let (ledger, now) = (&model.ledger, model.now);
    let mut lines = Vec::new();
    if let Some(glass) = ledger.glasses.open().next() {
        let more = ledger.glasses.open().count().saturating_sub(1);
        let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
        let due = if glass.is_overdue(now) { "review OVERDUE since" } else { "review by" };
        let at = format::clock_near(glass.entry.review_by, now);
        let text = format!("{} by {}, {due} {at}: {}{more}", glass.entry.title, glass.entry.by, glass.entry.why);
        lines.push(banner(" BREAK GLASS ", text, theme));
    }
    if ledger.is_frozen(now) {
        let command = unfreeze_command(&model.catalogue);
        let text = format!("failed or unknown writes in a row: look at their runs, then {command}");
        lines.push(banner(" FROZEN ", text, theme));
    }
    let told: Vec<_> = outside::told(ledger, now).collect();
    // What became of a containment is said before any other change.
    if let Some(newest) = told.iter().rfind(|change| change.containment.is_some()).or(told.last()) {
        let more = told.len() - 1;
        let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
        let at = format::clock_near(newest.changed_at, now);
        let mixed = match ledger.open {
            Some(_) => format!("{}; evidence since then is mixed", would_hold_others(model)),
            None => String::new(),
        };
        let text = format!("{}, {at}: {}{more}{mixed}", newest.meaning(), newest.words());
        lines.push(banner(" OUTSIDE ", text, theme));
    }
    for record in ledger.requests.open(now) {
        if matches!(record.standing(now), Standing::Waiting) && !record.asker.is(&model.me) {
            let asking = &record.asking;
            let text = format!("{} asks: {}; breakglass approve {}", asking.by, asking.title, asking.digest.short());
            lines.push(banner(" APPROVAL ", text, theme));
        }
    }
    lines
}

/// The wired action that would hold the changes of others, while it does not.
fn would_hold_others(model: &Model) -> String {
    let contained = model.snapshot.as_ref().map_or(&[][..], |snapshot| &snapshot.containments);
    let idle = freeze::holders(&model.catalogue, contained).into_iter().find(|(_, holds)| !holds);
    idle.map_or_else(String::new, |(action, _)| match action.key {
        Some(key) => format!("; {key} holds others"),
        None => format!("; {} holds others", action.id),
    })
}

/// What a cross-cutting rule says, in two words.
const fn rule_word(rule: Rule) -> &'static str {
    match rule {
        Rule::TwoOnsets => " TWO CAUSES ",
        Rule::OnlyComplaints => " COMPLAINTS ",
        Rule::MonitoringBlind => " BLIND ",
    }
}

/// `UNKNOWN  Roll back prompt to v41: may have happened, being read back; t tells more`: the title is cut for where more is
/// told, and where too little of it would be left, `how` goes.
fn run_banner(model: &Model, title: &str, (what, how): (&str, &str), columns: u16, theme: &Theme) -> Line<'static> {
    const WORD: &str = " UNKNOWN ";
    /// A title cut to fewer columns than this names nothing any more.
    const LEAST_TITLE: usize = 16;
    let tells = format!("; {} tells more", model.keymap.label(CommandId::Timeline));
    let room = |rest: &str| usize::from(columns).saturating_sub(wrap::width(WORD) + 2 + wrap::width(rest));
    let whole = format!(": {what}, {how}{tells}");
    let rest = if room(&whole) < LEAST_TITLE { format!(": {what}{tells}") } else { whole };
    banner(WORD, format!("{}{rest}", wrap::clip(title, room(&rest), theme.glyphs().ellipsis())), theme)
}

fn banner(word: &'static str, text: String, theme: &Theme) -> Line<'static> {
    Line::from(vec![
        Span::raw(" "),
        Span::styled(word, theme.alarm()),
        Span::raw(" "),
        Span::styled(text, theme.decides()),
    ])
}
