//! Source lines as they may be shown: what may be a secret is masked before anybody prints the line. May not judge a file.

/// What stands for a masked value.
const MASKED: &str = "\"…\"";
/// Keys whose name holds one of these may hold a secret, in any table.
const SECRET_WORDS: [&str; 10] =
    ["secret", "token", "passw", "passphrase", "credential", "authorization", "cookie", "bearer", "api-key", "apikey"];

/// True if a value of this key may be a secret. In an endpoint everything called a key may be one; elsewhere a key is pressed.
pub(super) fn may_hold_secret(key: &str, in_endpoint: bool) -> bool {
    let plain = key.trim_matches(['"', '\'']).to_ascii_lowercase().replace('_', "-");
    SECRET_WORDS.iter().any(|word| plain.contains(word))
        || (plain.contains("key") && (in_endpoint || plain.ends_with("-key")))
}

/// A line with every value masked that may be a secret: by its key, by the header above it, or because it is the user part
/// or the query of an address. `at` and `width` say what is meant, in characters; gives the line and the width that is left.
pub(super) fn line(shown: &str, header: &str, at: usize, width: usize) -> (String, usize) {
    let in_endpoint = header.split('.').next().is_some_and(|table| table.trim() == "endpoint");
    let under = header.split('.').next_back().is_some_and(|table| may_hold_secret(table.trim(), false));
    let mut walk = Walk {
        chars: shown.chars().collect(),
        next: 0,
        out: String::new(),
        word: String::new(),
        hot: false,
        hot_from: under.then_some(0),
        depth: 0,
        in_endpoint,
        at,
        width,
    };
    walk.all();
    (walk.out, walk.width)
}

struct Walk {
    chars: Vec<char>,
    next: usize,
    out: String,
    /// The key that was read last.
    word: String,
    /// Whether the value that comes next may be a secret.
    hot: bool,
    /// The depth of brackets from which on everything may be a secret.
    hot_from: Option<usize>,
    depth: usize,
    in_endpoint: bool,
    at: usize,
    width: usize,
}

impl Walk {
    fn all(&mut self) {
        let mut word_is_over = false;
        while let Some(c) = self.chars.get(self.next).copied() {
            match c {
                '"' | '\'' => {
                    self.quoted();
                    word_is_over = true;
                    continue;
                }
                '=' => {
                    let key = std::mem::take(&mut self.word);
                    self.hot = key.split('.').any(|part| may_hold_secret(part, self.in_endpoint));
                    self.out.push(c);
                    self.next += 1;
                    self.bare(&key);
                    continue;
                }
                '{' | '[' => {
                    self.depth += 1;
                    if self.hot && self.hot_from.is_none() {
                        self.hot_from = Some(self.depth);
                    }
                }
                '}' | ']' => {
                    if self.hot_from.is_some_and(|from| from > 0 && self.depth <= from) {
                        self.hot_from = None;
                    }
                    self.depth = self.depth.saturating_sub(1);
                    self.hot = false;
                }
                ',' => self.hot = false,
                c if c.is_alphanumeric() || "-_.".contains(c) => {
                    if word_is_over {
                        self.word.clear();
                    }
                    self.word.push(c);
                }
                _ => {}
            }
            word_is_over = c.is_whitespace() || "{[,".contains(c);
            self.out.push(c);
            self.next += 1;
        }
    }

    const fn is_hot(&self) -> bool {
        self.hot || self.hot_from.is_some()
    }

    /// A value without quotes: a slip, unless it is a number or a truth.
    fn bare(&mut self, key: &str) {
        while self.chars.get(self.next).is_some_and(|c| c.is_whitespace()) {
            self.out.push(' ');
            self.next += 1;
        }
        if matches!(self.chars.get(self.next), Some('"' | '\'')) {
            // What `env` holds is the name of a variable: the one thing that people must see to mend it.
            let name_follows = ["env", "secret-env"].contains(&key.rsplit('.').next().unwrap_or(key));
            if name_follows && self.is_hot() && self.is_variable() {
                let end = self.end_of_quoted();
                self.copy(end);
            }
            return;
        }
        if !self.is_hot() || matches!(self.chars.get(self.next), None | Some('{' | '[')) {
            return;
        }
        let rest = self.chars.iter().skip(self.next);
        let end = self.next + rest.take_while(|c| !",}]#".contains(**c)).count();
        let value: String = self.chars.iter().take(end).skip(self.next).collect();
        let value = value.trim_end();
        if value.parse::<f64>().is_ok() || ["true", "false"].contains(&value) {
            return;
        }
        let end = self.next + value.chars().count();
        self.mask(end);
    }

    fn quoted(&mut self) {
        let end = self.end_of_quoted();
        let after = self.chars.iter().skip(end).find(|c| !c.is_whitespace());
        if after.is_some_and(|c| "=.".contains(*c)) {
            let name: String = self.chars.iter().take(end).skip(self.next).collect();
            self.word.push_str(name.trim_matches(['"', '\'']));
            self.copy(end);
        } else if self.is_hot() {
            self.mask(end);
        } else {
            self.address(end);
        }
    }

    /// Behind the closing quotes; the end of the line if they are missing.
    fn end_of_quoted(&self) -> usize {
        let Some(quote) = self.chars.get(self.next).copied() else { return self.next };
        let triple = (0..3).all(|ahead| self.chars.get(self.next + ahead) == Some(&quote));
        let long = if triple { 3 } else { 1 };
        let mut at = self.next + long;
        while let Some(c) = self.chars.get(at) {
            if *c == '\\' && quote == '"' {
                at += 2;
                continue;
            }
            if (0..long).all(|ahead| self.chars.get(at + ahead) == Some(&quote)) {
                return at + long;
            }
            at += 1;
        }
        self.chars.len()
    }

    /// Whether the text in quotes here has the form of a variable's name.
    fn is_variable(&self) -> bool {
        let end = self.end_of_quoted();
        let text: String = self.chars.iter().take(end).skip(self.next).collect();
        let name = text.trim_matches(['"', '\'']);
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    }

    fn copy(&mut self, end: usize) {
        self.out.extend(self.chars.iter().take(end).skip(self.next));
        self.next = end;
    }

    fn mask(&mut self, end: usize) {
        if (self.next..end).contains(&self.at) {
            self.width = self.width.min(MASKED.chars().count());
        }
        self.out.push_str(MASKED);
        self.next = end;
    }

    /// Text that is no secret by its key: in an address, the user part and the query may hold one.
    fn address(&mut self, end: usize) {
        let text: String = self.chars.iter().take(end).skip(self.next).collect();
        let Some((scheme, rest)) = text.split_once("://") else { return self.copy(end) };
        let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
        let host = place.rsplit_once('@').map_or_else(|| place.to_owned(), |(_, host)| format!("…@{host}"));
        let quote = text.chars().next_back().filter(|c| ['"', '\''].contains(c)).map(String::from);
        let query = query.map_or_else(String::new, |_| format!("?…{}", quote.unwrap_or_default()));
        self.out.extend([scheme, "://", &host, &query]);
        self.next = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(shown: &str, header: &str) -> String {
        line(shown, header, 0, 1).0
    }

    #[test]
    fn what_may_be_a_secret_is_masked_however_it_is_written() {
        for (written, shown) in [
            ("secret = \"sk-live\"", "secret = \"…\""),
            ("secret = 'sk-live' # note", "secret = \"…\" # note"),
            ("secret = sk-live", "secret = \"…\""),
            ("secret = \"sk-live", "secret = \"…\""),
            ("secret = \"sk\\\"-live\"", "secret = \"…\""),
            ("secret = \"\"\"sk-live\"\"\"", "secret = \"…\""),
            ("secret = { value = \"sk-live\" }", "secret = { value = \"…\" }"),
            ("secret = [\"sk-live\", 'b']", "secret = [\"…\", \"…\"]"),
            ("secret = { env = \"sk-live\" }", "secret = { env = \"…\" }"),
            ("secret.env = \"sk-live\"", "secret.env = \"…\""),
            ("\"API_TOKEN\" = \"sk-live\"", "\"API_TOKEN\" = \"…\""),
            (
                "flags = { vendor = \"http\", secret = \"sk\", user = \"a\" }",
                "flags = { vendor = \"http\", secret = \"…\", user = \"a\" }",
            ),
            ("db-password = \"sk-live\"", "db-password = \"…\""),
            ("url = \"ftp://me:sk-live@host/x\"", "url = \"ftp://…@host/x\""),
            ("url = \"host://a?token=sk-live\"", "url = \"host://a?…\""),
        ] {
            assert_eq!(masked(written, "endpoint.flags"), shown);
        }
        assert_eq!(masked("value = \"sk-live\"", "endpoint.flags.secret"), "value = \"…\"");
        assert_eq!(masked("key = \"sk-live\"", "endpoint.flags"), "key = \"…\"");
    }

    #[test]
    fn what_is_no_secret_stays_readable() {
        for (written, header) in [
            ("key = \"K\"", "action.kill"),
            ("secret = { env = \"UNLEASH_TOKEN\" }", "endpoint.flags"),
            ("max-tokens = 800", "lever.a"),
            ("url = \"https://flags.internal/api\"", "endpoint.flags"),
            ("[endpoint.flags]", ""),
            ("normal = \"on\"", "lever.assistant"),
        ] {
            assert_eq!(masked(written, header), written);
        }
    }
}
