//! The one table of named commands. Keys, footer, help, palette and mouse all read it, so they cannot disagree.
//! May not do anything: `input` carries commands out.

use super::msg::Key;

/// Where keys are read: which of the bindings hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// No config yet.
    Welcome,
    /// The main screen.
    Main,
    /// A runbook is walked.
    Runbook,
    /// A run is watched.
    Run,
    /// Containments in force.
    Containments,
    /// Answers as users got them.
    Samples,
    /// A screen that shows one thing in detail.
    Detail,
    /// The confirm dialog.
    Confirm,
    /// A text field has the keys.
    Text,
    /// A question with few answers (leaving, a refusal).
    Question,
}

impl Context {
    /// Every context.
    pub const ALL: [Self; 10] = [
        Self::Welcome,
        Self::Main,
        Self::Runbook,
        Self::Run,
        Self::Containments,
        Self::Samples,
        Self::Detail,
        Self::Confirm,
        Self::Text,
        Self::Question,
    ];

    /// The word used when a clash is reported.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::Main => "main screen",
            Self::Runbook => "runbook",
            Self::Run => "run",
            Self::Containments => "containments",
            Self::Samples => "samples",
            Self::Detail => "detail",
            Self::Confirm => "confirm dialog",
            Self::Text => "text field",
            Self::Question => "question",
        }
    }

    /// True where action keys open a preview.
    #[must_use]
    pub const fn takes_actions(self) -> bool {
        matches!(self, Self::Main | Self::Runbook | Self::Run | Self::Containments | Self::Samples | Self::Detail)
    }
}

/// What a command may do to production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Risk {
    /// Nothing: lower case, digits, signs and named keys only.
    Looks,
    /// Nothing, but it goes on record, may open an incident, or asks the product: the same keys.
    Records,
    /// Opens a preview of a change: upper case only.
    Opens,
    /// Fires what the dialog shows: upper case only, and only in the confirm dialog.
    Fires,
}

macro_rules! commands {
    ($($variant:ident = $word:literal, $title:literal;)+) => {
        /// A named command.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each variant's title says it")]
        pub enum CommandId { $($variant,)+ }

        impl CommandId {
            /// Every command, in the order of help.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word used to remap it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// What it does, for people.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }
        }
    };
}

commands! {
    Help = "help", "keys that work here";
    Palette = "palette", "find a command, an action or a runbook by name";
    Filter = "filter", "show only rows that contain a text";
    Note = "note", "add a note to the timeline";
    WalkRunbook = "runbook", "walk the runbook of the likely cause, or pick one";
    Containments = "containments", "containments in force";
    Timeline = "timeline", "the whole timeline";
    Messages = "messages", "messages of this session";
    Versions = "versions", "what the product is made of, and was before a change";
    Sources = "sources", "where the numbers come from, and what is silent";
    Refresh = "refresh", "poll everything now";
    Open = "open", "open the selected row";
    Back = "back", "back, or cancel";
    Up = "up", "one row up";
    Down = "down", "one row down";
    PageUp = "page-up", "one page up";
    PageDown = "page-down", "one page down";
    First = "first", "to the first row";
    Last = "last", "to the last row";
    NextPanel = "next-panel", "next panel";
    PreviousPanel = "previous-panel", "previous panel";
    Panel1 = "panel-1", "layers";
    Panel2 = "panel-2", "what changed";
    Panel3 = "panel-3", "likely causes";
    Panel4 = "panel-4", "contain";
    Panel5 = "panel-5", "timeline panel";
    Yes = "yes", "answer yes, or go on";
    No = "no", "answer no";
    DontKnow = "dont-know", "answer don't know";
    StepBack = "step-back", "take the last answer back";
    Why = "why", "why this is suggested";
    Skip = "skip", "go on without an answer or a containment, with a note";
    Jump = "jump", "to another step of this runbook, with a note";
    Care = "care", "scope, proof, diagnosis and restore of this runbook";
    Gaps = "gaps", "what this runbook asks for and nobody wired";
    Samples = "samples", "read answers as users got them; again: the next source";
    Characterise = "characterise", "start, share, look, reproduce, what changed";
    Replay = "replay", "ask this sample again, every way";
    Reload = "reload", "ask for the newest samples";
    Tag1 = "tag-1", "call this answer the first thing: fine";
    Tag2 = "tag-2", "call this answer the second thing";
    Tag3 = "tag-3", "call this answer the third thing";
    Tag4 = "tag-4", "call this answer the fourth thing";
    Tag5 = "tag-5", "call this answer the fifth thing";
    Tag6 = "tag-6", "call this answer the sixth thing";
    Tag7 = "tag-7", "call this answer the seventh thing";
    Tag8 = "tag-8", "call this answer the eighth thing";
    Tag9 = "tag-9", "call this answer the ninth thing";
    Untag = "untag", "take back what this answer was called";
    Decline = "decline", "do not contain now, with a reason on record";
    CopyBlock = "copy-block", "copy the lines for the config";
    Suites = "suites", "ask the suites now";
    HandOver = "hand-over", "copy the walk so far, for the next person";
    Undo = "undo", "preview the undo of our selected or newest change";
    Fire = "fire", "do what this dialog shows";
    AskSecond = "ask-second", "ask a second person to approve this plan";
    BreakGlass = "break-glass", "go on without a second person, on record";
    ShowRequest = "show-request", "the whole request, sends nothing";
    ShowDiff = "show-diff", "the whole difference";
    ReadAgain = "read-again", "read the lever again and show a fresh plan";
    Accept = "accept", "take the text";
    Erase = "erase", "erase one character";
    Leave = "leave", "leave the program";
    Suspend = "suspend", "stop this program until the shell continues it";
    Quit = "quit", "leave; asks while something is contained or running";
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Which command.
    pub id: CommandId,
    /// Its keys, the first one is shown.
    pub keys: &'static [Key],
    /// Where it works.
    pub contexts: &'static [Context],
    /// What it may do.
    pub risk: Risk,
    /// Its word in the footer; `None` keeps it out.
    pub footer: Option<&'static str>,
}

use CommandId as C;
use Context as X;
use Risk::{Fires, Looks, Opens, Records};

const SCREENS: &[Context] = &[X::Main, X::Runbook, X::Run, X::Containments, X::Samples, X::Detail];
const ANYWHERE: &[Context] = &[
    X::Welcome,
    X::Main,
    X::Runbook,
    X::Run,
    X::Containments,
    X::Samples,
    X::Detail,
    X::Confirm,
    X::Text,
    X::Question,
];
const LISTS: &[Context] = &[X::Main, X::Run, X::Containments, X::Detail];
const READER: &[Context] = &[X::Samples];
const MOVES: &[Context] = &[X::Main, X::Runbook, X::Run, X::Containments, X::Samples, X::Detail, X::Confirm];
const MAIN: &[Context] = &[X::Main];
const RUNBOOK: &[Context] = &[X::Runbook];
const CONFIRM: &[Context] = &[X::Confirm];

const fn row(
    id: CommandId,
    keys: &'static [Key],
    contexts: &'static [Context],
    risk: Risk,
    footer: Option<&'static str>,
) -> Row {
    Row { id, keys, contexts, risk, footer }
}

/// Every command, most used first: the footer is cut from the right.
pub const TABLE: &[Row] = &[
    row(C::Fire, &[Key::Char('Y')], CONFIRM, Fires, Some("do it")),
    row(C::ReadAgain, &[Key::Char('r')], CONFIRM, Looks, Some("read again")),
    row(C::AskSecond, &[Key::Char('a')], CONFIRM, Records, None),
    row(C::BreakGlass, &[Key::Char('b')], CONFIRM, Records, None),
    row(C::ShowRequest, &[Key::Char('p')], CONFIRM, Looks, Some("preview the request")),
    row(C::ShowDiff, &[Key::Char('d')], CONFIRM, Looks, Some("whole diff")),
    row(C::Yes, &[Key::Char('y')], RUNBOOK, Records, Some("yes")),
    row(C::No, &[Key::Char('n')], RUNBOOK, Records, Some("no")),
    row(C::DontKnow, &[Key::Char('d')], RUNBOOK, Records, Some("don't know")),
    row(C::Skip, &[Key::Char('s')], RUNBOOK, Records, Some("skip")),
    row(C::Why, &[Key::Char('w')], RUNBOOK, Looks, Some("why")),
    row(C::Jump, &[Key::Char('/')], RUNBOOK, Records, Some("jump")),
    row(C::Care, &[Key::Char('i')], RUNBOOK, Looks, Some("more")),
    row(C::Gaps, &[Key::Char('u')], RUNBOOK, Looks, Some("not wired")),
    row(C::CopyBlock, &[Key::Char('y')], &[X::Detail], Looks, Some("copy")),
    row(C::Replay, &[Key::Char('p')], READER, Records, Some("ask again")),
    row(C::Reload, &[Key::Char('n')], READER, Looks, Some("newest")),
    row(C::Tag1, &[Key::Char('1')], READER, Records, None),
    row(C::Tag2, &[Key::Char('2')], READER, Records, None),
    row(C::Tag3, &[Key::Char('3')], READER, Records, None),
    row(C::Tag4, &[Key::Char('4')], READER, Records, None),
    row(C::Tag5, &[Key::Char('5')], READER, Records, None),
    row(C::Tag6, &[Key::Char('6')], READER, Records, None),
    row(C::Tag7, &[Key::Char('7')], READER, Records, None),
    row(C::Tag8, &[Key::Char('8')], READER, Records, None),
    row(C::Tag9, &[Key::Char('9')], READER, Records, None),
    row(C::Untag, &[Key::Char('0')], READER, Records, Some("take back")),
    row(C::StepBack, &[Key::Char('b')], RUNBOOK, Looks, Some("back one step")),
    row(C::Suites, &[Key::Char('s')], &[X::Containments], Records, Some("ask suites")),
    row(C::HandOver, &[Key::Char('h')], RUNBOOK, Looks, Some("hand over")),
    row(C::Accept, &[Key::Enter], &[X::Text], Looks, Some("accept")),
    row(C::Leave, &[Key::Char('y'), Key::Char('q'), Key::Ctrl('c')], &[X::Question], Looks, Some("leave")),
    row(C::Open, &[Key::Enter], SCREENS, Looks, Some("open")),
    row(C::WalkRunbook, &[Key::Char('r')], LISTS, Looks, Some("runbook")),
    row(C::Decline, &[Key::Char('x')], SCREENS, Records, Some("decline")),
    row(C::Undo, &[Key::Char('U')], SCREENS, Opens, Some("undo")),
    row(C::Note, &[Key::Char('a')], SCREENS, Records, Some("note")),
    row(C::Samples, &[Key::Char('v')], SCREENS, Looks, Some("samples")),
    row(C::Characterise, &[Key::Char('f')], SCREENS, Records, Some("characterise")),
    row(C::Filter, &[Key::Char('/')], LISTS, Looks, Some("filter")),
    row(C::Palette, &[Key::Char(':')], SCREENS, Looks, Some("command")),
    row(C::Containments, &[Key::Char('c')], SCREENS, Looks, None),
    row(C::Timeline, &[Key::Char('t')], SCREENS, Looks, None),
    row(C::Messages, &[Key::Char('m')], SCREENS, Looks, None),
    row(C::Sources, &[Key::Char('o')], SCREENS, Looks, None),
    row(C::Versions, &[Key::Char('e')], SCREENS, Looks, None),
    row(C::Refresh, &[Key::Ctrl('r')], SCREENS, Looks, None),
    row(C::Up, &[Key::Char('k'), Key::Up], MOVES, Looks, None),
    row(C::Down, &[Key::Char('j'), Key::Down], MOVES, Looks, None),
    row(C::PageUp, &[Key::PageUp], MOVES, Looks, None),
    row(C::PageDown, &[Key::PageDown, Key::Char(' ')], MOVES, Looks, None),
    row(C::First, &[Key::Char('g'), Key::Home], MOVES, Looks, None),
    row(C::Last, &[Key::End], MOVES, Looks, None),
    row(C::NextPanel, &[Key::Tab, Key::Right, Key::Char('l')], MAIN, Looks, None),
    row(C::PreviousPanel, &[Key::BackTab, Key::Left, Key::Char('h')], MAIN, Looks, None),
    row(C::Panel1, &[Key::Char('1')], MAIN, Looks, None),
    row(C::Panel2, &[Key::Char('2')], MAIN, Looks, None),
    row(C::Panel3, &[Key::Char('3')], MAIN, Looks, None),
    row(C::Panel4, &[Key::Char('4')], MAIN, Looks, None),
    row(C::Panel5, &[Key::Char('5')], MAIN, Looks, None),
    row(C::Erase, &[Key::Backspace], &[X::Text], Looks, None),
    row(
        C::Back,
        &[Key::Esc],
        &[X::Main, X::Runbook, X::Run, X::Containments, X::Samples, X::Detail, X::Confirm, X::Text, X::Question],
        Looks,
        Some("back"),
    ),
    row(C::Suspend, &[Key::Ctrl('z')], ANYWHERE, Looks, None),
    row(C::Help, &[Key::Char('?')], SCREENS, Looks, Some("help")),
    row(
        C::Quit,
        &[Key::Char('q'), Key::Ctrl('c')],
        &[X::Welcome, X::Main, X::Runbook, X::Run, X::Containments, X::Samples, X::Detail],
        Looks,
        Some("quit"),
    ),
];

/// Commands that must be reachable wherever they work: without them a person is locked in or locked out.
pub const ESSENTIAL: &[CommandId] = &[C::Fire, C::Back, C::Quit, C::Leave, C::Help, C::Undo];
