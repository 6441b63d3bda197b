//! The screens, one enum; and the stack of those that were opened over the first.
//! May not draw or react: each screen's own file does.

use super::command::Context;
use super::containments::ContainmentsScreen;
use super::detail::DetailScreen;
use super::run::RunScreen;
use super::runbook::RunbookScreen;
use super::samples::SamplesScreen;

/// A screen. What must outlive a visit (walks, selections of the main screen) lives in the model.
#[derive(Debug, Clone, PartialEq)]
pub enum Screen {
    /// No config was found: offers the demo and the way to a config.
    Welcome,
    /// Layers, changes, causes, actions, timeline.
    Main,
    /// A walk through a runbook.
    Runbook(RunbookScreen),
    /// A run, from the confirmation on.
    Run(Box<RunScreen>),
    /// Containments in force.
    Containments(ContainmentsScreen),
    /// Answers as users got them.
    Samples(SamplesScreen),
    /// One thing in detail.
    Detail(DetailScreen),
}

impl Screen {
    /// Which bindings hold on it.
    #[must_use]
    pub const fn context(&self) -> Context {
        match self {
            Self::Welcome => Context::Welcome,
            Self::Main => Context::Main,
            Self::Runbook(_) => Context::Runbook,
            Self::Run(_) => Context::Run,
            Self::Containments(_) => Context::Containments,
            Self::Samples(_) => Context::Samples,
            Self::Detail(_) => Context::Detail,
        }
    }
}

/// The first screen and those over it. Never empty.
#[derive(Debug, Clone)]
pub struct Stack {
    first: Screen,
    above: Vec<Screen>,
}

impl Stack {
    /// A stack of one.
    #[must_use]
    pub const fn new(first: Screen) -> Self {
        Self { first, above: Vec::new() }
    }

    /// The screen on top.
    #[must_use]
    pub fn top(&self) -> &Screen {
        self.above.last().unwrap_or(&self.first)
    }

    /// The screen on top, to change it.
    pub fn top_mut(&mut self) -> &mut Screen {
        self.above.last_mut().unwrap_or(&mut self.first)
    }

    /// Opens a screen over the others. The same thing is never stacked on itself.
    pub fn push(&mut self, screen: Screen) {
        if *self.top() != screen {
            self.above.push(screen);
        }
    }

    /// Goes back one level; the first screen stays.
    pub fn pop(&mut self) -> Option<Screen> {
        self.above.pop()
    }

    /// Closes every screen that `keep` refuses; the first screen stays.
    pub fn retain(&mut self, keep: impl FnMut(&Screen) -> bool) {
        self.above.retain(keep);
    }

    /// Every screen over the first, oldest first, to change them.
    pub fn above_mut(&mut self) -> impl Iterator<Item = &mut Screen> {
        self.above.iter_mut()
    }

    /// How many screens are open over the first.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.above.len()
    }
}
