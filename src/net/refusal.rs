//! What a complete answer that is not a success means. May not read bodies beyond the server's one-line message.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::cause::Fault;
use crate::domain::text;

use super::answer::looks_like_page;

/// Longest message of a server that is shown, in columns.
const MESSAGE: usize = 200;
/// A server cannot silence us for longer.
const MOST_RETRY_AFTER: Duration = Duration::from_mins(5);

/// The parts of an answer's head that are kept; every other header is dropped unread.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) etag: Option<String>,
    pub(super) date: Option<Timestamp>,
    /// A proxy kept it for a while: its date is not now.
    pub(super) is_stored: bool,
    pub(super) retry_after: Option<Duration>,
    /// Host a redirect points to.
    pub(super) redirect: Option<String>,
}

impl Head {
    /// Keeps the allowed headers of an answer.
    pub(super) fn of(response: &reqwest::Response) -> Self {
        let text = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let date = text("date").and_then(http_date);
        let content_type = text("content-type").and_then(|value| value.split(';').next()).unwrap_or_default();
        Self {
            status: response.status().as_u16(),
            content_type: text::clean(&content_type.trim().to_ascii_lowercase()),
            etag: text("etag").map(text::clean),
            date,
            is_stored: response.headers().contains_key("age"),
            retry_after: text("retry-after").and_then(|value| retry_after(value, date)),
            redirect: text("location").map(|value| redirect_host(response.url(), value)),
        }
    }

    /// The fault of this status; `None` for a success. `path` is what was asked for, `secret` where the token came from.
    pub(super) fn refusal(&self, body: &[u8], path: &str, secret: Option<&str>) -> Option<Fault> {
        let status = self.status;
        Some(match status {
            200..=299 => return None,
            300..=399 => {
                let to = self.redirect.clone().unwrap_or_else(|| "nowhere".into());
                Fault::Redirected { to }
            }
            401 | 403 => Fault::NotAllowed { status, secret: secret.map(ToOwned::to_owned) },
            404 | 410 => Fault::NotFound { what: text::clip(&text::clean(path), MESSAGE) },
            429 | 503 => Fault::Throttled { status, retry_after: self.retry_after },
            500.. => Fault::ServerError { status, message: self.message(body) },
            _ => Fault::BadRequest { status, message: self.message(body) },
        })
    }

    /// The server's own words: the message of a JSON error, or the first line of a text; one clean line.
    fn message(&self, body: &[u8]) -> String {
        if looks_like_page(&self.content_type, body) {
            return "a web page".into();
        }
        let words = match serde_json::from_slice::<Value>(body) {
            Ok(json) => message_in(&json).unwrap_or_default(),
            Err(_) => String::from_utf8_lossy(body).into_owned(),
        };
        let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
        text::clip(&text::clean(&line), MESSAGE)
    }
}

/// Where the stores we know put their message; the detailed one first.
fn message_in(json: &Value) -> Option<String> {
    const PLACES: [&str; 8] = [
        "/details/0/message",
        "/details/0/description",
        "/error/message",
        "/error",
        "/message",
        "/detail",
        "/error_description",
        "/title",
    ];
    let found = PLACES.iter().find_map(|place| json.pointer(place).and_then(Value::as_str));
    found.or_else(|| json.as_str()).map(ToOwned::to_owned)
}

/// The host of a redirect, never the whole URL: that may carry a token.
fn redirect_host(from: &reqwest::Url, location: &str) -> String {
    let host = from.join(location).ok().and_then(|url| url.host_str().map(ToOwned::to_owned));
    host.map_or_else(|| "an unreadable address".into(), |host| text::clean(&host))
}

/// `Retry-After` as seconds or as a date (against the server's own clock), clamped to 0..5 min.
fn retry_after(value: &str, date: Option<Timestamp>) -> Option<Duration> {
    let value = value.trim();
    let digits = value.strip_prefix('-').unwrap_or(value);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = if digits.len() == value.len() { digits.parse().unwrap_or(u64::MAX) } else { 0 };
        return Some(Duration::from_secs(seconds).min(MOST_RETRY_AFTER));
    }
    let wait = http_date(value)?.duration_since(date?);
    Some(Duration::try_from(wait).unwrap_or_default().min(MOST_RETRY_AFTER))
}

fn http_date(value: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(status: u16, content_type: &str) -> Head {
        Head { status, content_type: content_type.into(), ..Head::default() }
    }

    #[test]
    fn a_wait_is_read_as_seconds_or_date_and_never_longer_than_five_minutes() {
        let date = http_date("Mon, 23 Nov 2026 03:26:00 GMT");
        assert!(date.is_some());
        let secs = |value| retry_after(value, date).map(|wait| wait.as_secs());
        assert_eq!(secs("40"), Some(40));
        assert_eq!(secs("-5"), Some(0));
        assert_eq!(secs("99999999999999999999999"), Some(300));
        assert_eq!(secs("Mon, 23 Nov 2026 03:27:30 GMT"), Some(90));
        assert_eq!(secs("Mon, 23 Nov 2026 03:00:00 GMT"), Some(0));
        assert_eq!(secs("Tue, 23 Nov 2027 03:00:00 GMT"), Some(300));
        assert_eq!(secs("soon"), None);
        assert_eq!(retry_after("Mon, 23 Nov 2026 03:27:30 GMT", None), None);
    }

    #[test]
    fn the_servers_words_come_as_one_clean_short_line() {
        let json = br#"{"name":"BadDataError","message":"bad","details":[{"message":"name \u001b[2J is\n taken"}]}"#;
        let fault = head(400, "application/json").refusal(json, "/x", None);
        assert_eq!(fault, Some(Fault::BadRequest { status: 400, message: "name ␛[2J is taken".into() }));
        let long = "x".repeat(5_000);
        let Some(Fault::ServerError { message, .. }) = head(500, "text/plain").refusal(long.as_bytes(), "/x", None)
        else {
            panic!("a server error")
        };
        assert_eq!(text::width(&message), MESSAGE);
        let page = head(502, "text/html").refusal(b"<html><script>", "/x", None);
        assert_eq!(page, Some(Fault::ServerError { status: 502, message: "a web page".into() }));
    }

    #[test]
    fn a_refused_token_is_named_by_its_source() {
        let fault = head(403, "").refusal(b"", "/x", Some("env PROM_TOKEN"));
        assert_eq!(fault, Some(Fault::NotAllowed { status: 403, secret: Some("env PROM_TOKEN".into()) }));
    }

    #[test]
    fn a_redirect_names_the_host_but_not_what_it_carries() {
        let from = reqwest::Url::parse("https://prom.internal/api").expect("valid");
        assert_eq!(redirect_host(&from, "https://sso.example/login?token=abc"), "sso.example");
        assert_eq!(redirect_host(&from, "/login"), "prom.internal");
        assert_eq!(redirect_host(&from, "https://"), "an unreadable address");
    }
}
