//! The last guard before the terminal: no cell of a finished frame may hold a control, bidirectional or invisible
//! character, and in ASCII mode nothing but ASCII. Texts are cleaned at ingress; this holds even if that fails once.

use ratatui::buffer::Buffer;

use crate::domain::text::is_forbidden;

/// Replaces every cell with a forbidden character by `?` and returns how many there were: 0 in a sound program, so callers `debug_assert` it.
/// With `ascii`, cells beyond ASCII become their stand-in (`→` is `>`), or `?`; those are not counted.
pub fn sweep(buffer: &mut Buffer, ascii: bool) -> usize {
    let mut found = 0;
    for cell in &mut buffer.content {
        if cell.symbol().chars().any(is_forbidden) {
            cell.set_char('?');
            found += 1;
        } else if ascii && !cell.symbol().is_ascii() {
            let stand_in = cell.symbol().chars().next().map_or('?', stand_in);
            cell.set_char(stand_in);
        }
    }
    found
}

/// One ASCII character of the same width for what our own texts use.
const fn stand_in(c: char) -> char {
    match c {
        '→' | '▸' | '›' | '▶' => '>',
        '←' | '‹' => '<',
        '−' | '–' | '—' | '─' | '━' | '┄' => '-',
        '│' | '┊' | '┃' | '▌' | '▐' => '|',
        '╭' | '╮' | '╰' | '╯' | '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' | '✓' => {
            '+'
        }
        '·' | '…' => '.',
        '✗' | '×' => 'x',
        '▲' => '!',
        // A lone plus would state a sum; what we draw ourselves says `+/-`.
        '◌' | '≈' | '±' => '~',
        '◆' | '●' => '*',
        '○' => 'o',
        '█' => '#',
        '░' => ':',
        'µ' => 'u',
        '“' | '”' | '„' => '"',
        '‘' | '’' => '\'',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;

    fn buffer_with(symbols: &[&str]) -> Buffer {
        let width = u16::try_from(symbols.len()).expect("short");
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, 1));
        for (cell, symbol) in buffer.content.iter_mut().zip(symbols) {
            #[expect(clippy::disallowed_methods, reason = "the test plays a widget that forgot to clean")]
            cell.set_symbol(symbol);
        }
        buffer
    }

    fn text(buffer: &Buffer) -> String {
        buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    #[test]
    fn escape_bidi_and_invisible_cells_are_replaced_and_counted() {
        let mut buffer = buffer_with(&["a", "\u{1b}[2J", "\u{202e}", "b\u{200b}", "\u{9b}", "é", "日"]);
        assert_eq!(sweep(&mut buffer, false), 4);
        assert_eq!(text(&buffer), "a????é日");
        assert_eq!(sweep(&mut buffer, false), 0);
    }

    #[test]
    fn ascii_mode_leaves_only_ascii() {
        let mut buffer = buffer_with(&["→", "▁", "é", "·", "Z"]);
        assert_eq!(sweep(&mut buffer, true), 0);
        assert_eq!(text(&buffer), ">??.Z");
    }
}
