//! Whether an expression is nothing but one selector, whose samples have a time of their own at the source.
//! No PromQL parser: when in doubt, no.

/// True for `name`, `name{…}` and `{…}`.
pub(super) fn is_bare(expression: &str) -> bool {
    let text = expression.trim();
    let name_end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    let (name, rest) = text.split_at(name_end);
    if name.starts_with(|c: char| c.is_ascii_digit()) || (name.is_empty() && rest.is_empty()) {
        return false;
    }
    rest.trim().is_empty() || matchers_end(rest.trim_start()).is_some_and(|after| after.trim().is_empty())
}

/// What follows the `{…}` at the start of `text`; quoted strings may hold braces.
fn matchers_end(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('{')?;
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(mark) if c == '\\' && mark != '`' => escaped = true,
            Some(mark) if c == mark => quote = None,
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            None if c == '}' => return inner.get(at + 1..),
            Some(_) | None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::is_bare;

    #[test]
    fn only_a_lone_selector_counts() {
        for yes in ["up", " job:x:rate5m ", "g{a=\"b\"}", "{__name__=\"x\"}", "g{a=\"}\\\"\", b=~'x{2}'} "] {
            assert!(is_bare(yes), "{yes}");
        }
        for no in ["", "1", "1+1", "up[5m]", "up offset 5m", "sum(up)", "a{b=\"c\"} > 1", "a / b", "g{a=\"b", "up @ 5"]
        {
            assert!(!is_bare(no), "{no}");
        }
    }
}
