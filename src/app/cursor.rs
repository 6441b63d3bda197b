//! Where one stands in a list or a long text. May not know what is listed.

use super::command::CommandId;

/// The place after a move, within `len` entries; `page` entries make a page. Unmoved by any other command.
#[must_use]
pub fn moved(at: usize, command: CommandId, len: usize, page: usize) -> usize {
    let last = len.saturating_sub(1);
    let page = page.max(1);
    let at = at.min(last);
    match command {
        CommandId::Up => at.saturating_sub(1),
        CommandId::Down => at.saturating_add(1).min(last),
        CommandId::PageUp => at.saturating_sub(page),
        CommandId::PageDown => at.saturating_add(page).min(last),
        CommandId::First => 0,
        CommandId::Last => last,
        _ => at,
    }
}

/// True for the commands that [`moved`] understands.
#[must_use]
pub const fn is_move(command: CommandId) -> bool {
    matches!(
        command,
        CommandId::Up | CommandId::Down | CommandId::PageUp | CommandId::PageDown | CommandId::First | CommandId::Last
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_never_leaves_the_list_even_when_it_shrank() {
        for command in CommandId::ALL {
            for len in [0, 1, 3] {
                assert!(moved(7, *command, len, 10) < len.max(1), "{command:?} of {len}");
            }
        }
    }
}
