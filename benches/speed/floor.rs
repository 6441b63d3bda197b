//! The floor: the smallest program of the same libraries that could be called a cockpit. Thirty static panels, drawn on a
//! key or an answer; on request it polls so many addresses, all at once, and sends one request on `a`. Whatever it needs,
//! nobody can do without. May not use anything of breakglass.

use std::fs;
use std::io::{self, BufWriter, Stdout, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode};
use crossterm::{cursor, execute, terminal};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};
use ratatui::{Frame, Terminal};

use crate::shelf;

/// Panels of the screen.
const PANELS: u16 = 30;
/// How often it polls.
const INTERVAL: Duration = Duration::from_secs(5);
/// Answers within this are drawn together.
const FRAME: Duration = Duration::from_millis(33);

type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

#[derive(Default)]
struct State {
    selected: u16,
    answers: usize,
    sent: usize,
    /// Nodes of the runbooks, once they are there.
    nodes: usize,
}

/// Runs it until `q`. `polled` is asked so many times every interval; `acted` gets a POST on `a`. With a `shelf`, its
/// runbooks are loaded after the first frame.
pub fn run(polls: usize, polled: String, acted: String, shelf: Option<String>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(show(polls, polled, acted, shelf));
    runtime.shutdown_background();
    outcome
}

async fn show(polls: usize, polled: String, acted: String, shelf: Option<String>) -> io::Result<()> {
    // The cockpit has no JSON to read: only parsing it counts.
    let shelf = shelf.map(PathBuf::from);
    let json = shelf.as_deref().map(|home| fs::read_to_string(home.join("nodes.json"))).transpose()?;
    terminal::enable_raw_mode()?;
    let mut out = BufWriter::with_capacity(64 * 1024, io::stdout());
    execute!(out, terminal::EnterAlternateScreen, cursor::Hide)?;
    let mut screen = Terminal::new(CrosstermBackend::new(out))?;
    let mut state = State::default();
    paint(&mut screen, &state)?;
    let (put, mut loaded) = tokio::sync::mpsc::channel(1);
    if let (Some(home), Some(json)) = (shelf, json) {
        std::thread::spawn(move || {
            let nodes = shelf::files(&home).and_then(|files| shelf::floor(&files, &json));
            let _ = put.blocking_send(nodes);
        });
    }
    // What was loaded stays, as it does in a cockpit.
    let mut kept = None;
    // Nobody else has one yet: this is the only crate that asks.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    for _ in 0..polls {
        let (client, polled, tell) = (client.clone(), polled.clone(), tell.clone());
        tokio::spawn(async move {
            let mut due = tokio::time::interval(INTERVAL);
            loop {
                due.tick().await;
                let answer = client.get(&polled).send().await;
                let heard = match answer {
                    Ok(answer) => answer.bytes().await.is_ok(),
                    Err(_) => false,
                };
                if tell.send(heard).is_err() {
                    return;
                }
            }
        });
    }
    let (typed, mut keys) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || while event::read().is_ok_and(|event| typed.send(event).is_ok()) {});
    let mut due: Option<tokio::time::Instant> = None;
    loop {
        let frame = async {
            match due {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            event = keys.recv() => {
                let Some(event) = event else { break };
                match event {
                    Event::Key(key) if key.code == KeyCode::Char('q') => break,
                    Event::Key(key) if key.code == KeyCode::Char('j') => state.selected = (state.selected + 1) % PANELS,
                    Event::Key(key) if key.code == KeyCode::Char('k') => {
                        state.selected = (state.selected + PANELS - 1) % PANELS;
                    }
                    Event::Key(key) if key.code == KeyCode::Char('a') => {
                        state.sent += 1;
                        let request = client.post(&acted).body("{}").send();
                        tokio::spawn(async move { drop(request.await) });
                    }
                    _ => {}
                }
                paint(&mut screen, &state)?;
            }
            Some(heard) = told.recv() => {
                state.answers += usize::from(heard);
                due.get_or_insert_with(|| tokio::time::Instant::now() + FRAME);
            }
            Some(nodes) = loaded.recv() => {
                let (nodes, _) = kept.insert(nodes?);
                state.nodes = nodes.len();
                paint(&mut screen, &state)?;
            }
            () = frame => {
                due = None;
                paint(&mut screen, &state)?;
            }
        }
    }
    execute!(screen.backend_mut(), terminal::LeaveAlternateScreen, cursor::Show)?;
    terminal::disable_raw_mode()
}

fn paint(screen: &mut Screen, state: &State) -> io::Result<()> {
    screen.draw(|frame| draw(frame, state))?;
    screen.backend_mut().flush()
}

fn draw(frame: &mut Frame<'_>, state: &State) {
    let [head, body, foot] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)]).areas(frame.area());
    frame.render_widget(Paragraph::new(" FLOOR  an error rate  SEV2  since 02:14"), head);
    let columns = if body.width >= 120 { 6 } else { 3 };
    let (width, height) = (body.width / columns, body.height / PANELS.div_ceil(columns));
    for panel in 0..PANELS {
        let area = Rect { x: body.x + panel % columns * width, y: body.y + panel / columns * height, width, height };
        let colour = if panel % 7 == 3 { Color::Red } else { Color::Green };
        let border = if panel == state.selected { Color::Cyan } else { Color::DarkGray };
        let lines = vec![
            Line::from(vec![Span::styled("● up", Style::new().fg(colour)), Span::raw(format!("  {} ms", 80 + panel))]),
            Line::from(Span::styled("▁▂▃▄▅▆▇█▇▆▅▄▃▂▁▂▃▄▅▆▇", Style::new().fg(colour))),
            Line::from(format!("err {panel} %  rps {}", 1_000 + panel)),
        ];
        let block = Block::bordered().border_style(Style::new().fg(border)).title(format!(" panel {panel} "));
        frame.render_widget(Paragraph::new(lines).block(block), area);
    }
    let loaded = if state.nodes > 0 { format!("LOADED {}  ", state.nodes) } else { String::new() };
    let State { selected, answers, sent, .. } = state;
    let words = format!(" READY  selected {selected}  answers {answers}  sent {sent}  {loaded}q quits");
    frame.render_widget(Paragraph::new(words), foot);
}
