//! One request or command of a recipe: its method, path, query, headers and body, each template read at its place.
//! May not know what the request is for, beyond whether it may change anything.

use crate::domain::endpoint::Vendor;
use crate::domain::lever::recipe::{Body, Call, Piece, Scope, Slip, Template};

use super::super::source::Sink;
use super::super::view::{At, View};

/// Headers that carry secrets, frame the message or name the host: the client's alone.
const NOT_OURS: [&str; 8] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "idempotency-key",
];

/// Reads the calls of one lever.
pub(super) struct Calls<'a> {
    pub(super) vendor: Vendor,
    pub(super) scope: Scope<'a>,
}

impl Calls<'_> {
    /// A call that changes nothing.
    pub(super) fn question(&self, view: &View<'_>, sink: &mut Sink<'_>) -> Option<Call> {
        self.call(view, &[("get", "GET"), ("post", "POST")], sink)
    }

    /// A call that writes.
    pub(super) fn write(&self, view: &View<'_>, sink: &mut Sink<'_>) -> Option<Call> {
        self.call(view, &[("post", "POST"), ("put", "PUT"), ("patch", "PATCH"), ("delete", "DELETE")], sink)
    }

    fn call(&self, view: &View<'_>, methods: &[(&str, &'static str)], sink: &mut Sink<'_>) -> Option<Call> {
        if self.vendor == Vendor::Command {
            return self.command(view, methods, sink);
        }
        if view.has("run") {
            let hint = "commands belong to an endpoint of vendor \"command\"";
            sink.error(&view.key_span("run"), "an http endpoint runs no command", hint);
            return None;
        }
        let given: Vec<&(&str, &'static str)> = methods.iter().filter(|(key, _)| view.has(key)).collect();
        let [(key, method)] = given.as_slice() else {
            let words: Vec<&str> = methods.iter().map(|(key, _)| *key).collect();
            let hint = format!("write exactly one of {}", words.join(", "));
            sink.error(&view.span, "a request has one method and path", hint);
            return None;
        };
        let path = self.path(&view.text(key)?, sink);
        let query = self.named(view, "query", sink);
        let headers = self.headers(view, sink);
        let body = self.body(view, method, sink);
        let default = if view.has("raw") { "text/plain" } else { "application/json" };
        let content_type = view.text("content-type").map_or(default, |at| at.is);
        if view.has("content-type") && !view.has("body") && !view.has("raw") {
            sink.error(&view.key_span("content-type"), "a content type without a body", "add a body, or remove it");
        }
        let body = body?;
        Some(Call::Http {
            method,
            path: path?,
            query: query?,
            headers: headers?,
            content_type: body.as_ref().map(|_| content_type.to_owned()),
            body,
        })
    }

    fn command(&self, view: &View<'_>, methods: &[(&str, &'static str)], sink: &mut Sink<'_>) -> Option<Call> {
        let others = methods.iter().map(|(key, _)| *key).chain(["query", "headers", "body", "raw", "content-type"]);
        for key in others.filter(|key| view.has(key)) {
            let hint = "write run = [\"kubectl\", \"get\", \"…\"]";
            sink.error(&view.key_span(key), format!("a command endpoint knows no `{key}`"), hint);
        }
        let words = view.texts("run");
        if words.is_empty() {
            sink.error(&view.span, "a command has words", "write run = [\"kubectl\", \"get\", \"…\"]");
            return None;
        }
        let argv: Vec<Option<Template>> = words.iter().map(|word| self.template(word, sink)).collect();
        let argv: Vec<Template> = argv.into_iter().collect::<Option<_>>()?;
        if let (Some(first), Some(word)) = (argv.first(), words.first())
            && !first.holes().is_empty()
        {
            sink.error(&word.span, "the command itself is a placeholder", "name the program");
            return None;
        }
        Some(Call::Run(argv))
    }

    fn path(&self, text: &At<&str>, sink: &mut Sink<'_>) -> Option<Template> {
        if !text.is.starts_with('/') || text.is.contains('#') {
            sink.error(&text.span, "a path begins with / and has no #", "the endpoint's url stands before it");
            return None;
        }
        self.template(text, sink)
    }

    /// A template; a slip is reported at its character.
    pub(super) fn template(&self, text: &At<&str>, sink: &mut Sink<'_>) -> Option<Template> {
        let parsed = Template::parse(text.is, &self.scope);
        parsed.map_err(|slip| report(&slip, text, sink)).ok()
    }

    fn named(&self, view: &View<'_>, key: &str, sink: &mut Sink<'_>) -> Option<Vec<(String, Template)>> {
        let entries = view.table(key).map_or_else(Vec::new, |table| table.entries());
        let read: Vec<Option<(String, Template)>> = entries
            .into_iter()
            .map(|(name, value)| {
                let template = match (value.is.as_str(), super::json(value.is)) {
                    (Some(text), _) => self.template(&At { is: text, span: value.span }, sink)?,
                    (None, Some(other)) => Template(vec![Piece::Text(other.to_string())]),
                    (None, None) => return None,
                };
                Some((name.is.to_owned(), template))
            })
            .collect();
        read.into_iter().collect()
    }

    fn headers(&self, view: &View<'_>, sink: &mut Sink<'_>) -> Option<Vec<(String, Template)>> {
        let mut sound = true;
        for (name, _) in view.table("headers").map_or_else(Vec::new, |table| table.entries()) {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            if !name.is.bytes().all(plain) {
                sink.error(&name.span, "not the name of a header", "write for example If-Match");
                sound = false;
            }
            if NOT_OURS.contains(&name.is.to_ascii_lowercase().as_str()) {
                let hint =
                    "a token belongs to the endpoint: secret, secret-header, secret-prefix; a type: content-type";
                sink.error(&name.span, format!("a lever may not set the header {}", name.is), hint);
                sound = false;
            }
        }
        self.named(view, "headers", sink).filter(|_| sound)
    }

    /// The body, if there is one; the outer `None` is a slip.
    #[expect(clippy::option_option, reason = "no body and a broken body are two things")]
    fn body(&self, view: &View<'_>, method: &str, sink: &mut Sink<'_>) -> Option<Option<Body>> {
        if view.has("body") && view.has("raw") {
            sink.error(&view.key_span("raw"), "two bodies", "write one of body (JSON) and raw (text)");
            return None;
        }
        if method == "GET" && view.has("body") {
            sink.error(&view.key_span("body"), "a GET has no body", "ask by post, or put it into the query");
            return None;
        }
        if let Some(text) = view.text("body") {
            let body = Body::json(text.is, &self.scope).map_err(|slip| report(&slip, &text, sink)).ok();
            return body.map(Some);
        }
        match view.text("raw") {
            Some(text) => self.template(&text, sink).map(|template| Some(Body::Text(template))),
            None => Some(None),
        }
    }
}

fn report(slip: &Slip, text: &At<&str>, sink: &mut Sink<'_>) {
    let place = sink.source().inside_string(&text.span, slip.at);
    sink.error(&place, slip.message.clone(), slip.hint.clone());
}

/// `400 alias {{p.alias}} not found` without its status.
pub(super) fn without_first_word(template: Template) -> Template {
    let mut pieces = template.0;
    if let Some(Piece::Text(text)) = pieces.first_mut() {
        *text = text.split_once(' ').map_or(String::new(), |(_, rest)| rest.to_owned());
    }
    Template(pieces)
}
