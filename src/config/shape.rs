//! The shape of a file as data: which keys a table takes and what each holds. One declaration serves the check of a
//! file (every unknown key, missing key and wrong type at once) and the JSON schema. May not build domain values.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{Span, SpanRelativeTo, Timestamp};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::domain::ids::SignalId;

use super::endpoints::SECRET;
use super::mask;
use super::source::Sink;
use super::{suggest, wording};

/// Of the first keys of a shape it is marked whether they are given; the others are looked up.
const MARKED: usize = 32;

/// The keys of a table.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) about: &'static str,
    pub(super) keys: &'static [Key],
}

/// One key of a table.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) takes: Takes,
    pub(super) required: bool,
    pub(super) about: &'static str,
}

/// A key that may be left out.
pub(super) const fn optional(name: &'static str, takes: Takes, about: &'static str) -> Key {
    Key { name, takes, required: false, about }
}

/// A key that must be there.
pub(super) const fn required(name: &'static str, takes: Takes, about: &'static str) -> Key {
    Key { name, takes, required: true, about }
}

/// What a key holds.
#[derive(Debug)]
pub(super) enum Takes {
    /// Any text that is not empty.
    Text,
    /// One line for people, at most so many characters, without anything that nobody sees.
    Line(usize),
    /// The same, of several lines.
    Lines(usize),
    /// One of a few words.
    Word(fn() -> Vec<&'static str>),
    /// A name of something (`ids`).
    Id,
    /// A finite number.
    Number,
    /// A whole number, not negative.
    Whole,
    /// The version of a file: a whole number from 1 on.
    Version,
    /// `true` or `false`.
    YesNo,
    /// Text such as `60s`, `4h`, `1h 30m`, `14d`.
    Duration,
    /// An RFC 3339 instant, as text or as a TOML date-time.
    Instant,
    /// A day such as `2026-11-02`, as text or as a TOML date.
    Day,
    /// A list, each item of the same sort.
    List(&'static Self),
    /// A table with known keys.
    Table(&'static Shape),
    /// Tables with known keys, by name.
    Named(&'static Shape),
    /// Tables with known keys, by any text (`"lang=es"`).
    Rows(&'static Shape),
    /// Numbers by name.
    Numbers,
    /// Texts, numbers and truths by name.
    Values,
    /// An RFC 6901 pointer; empty for the whole.
    Pointer,
    /// The first alternative whose TOML type fits decides.
    OneOf(&'static [Self]),
}

impl Takes {
    /// What is expected, in words.
    fn words(&self) -> String {
        match self {
            Self::Text => "text in quotes".into(),
            Self::Line(most) => format!("text in quotes, one line of at most {most} characters"),
            Self::Lines(most) => format!("text in quotes, at most {most} characters"),
            Self::Word(words) => format!("one of: {}", words().join(", ")),
            Self::Id => "a name in quotes".into(),
            Self::Number => "a number".into(),
            Self::Whole => "a whole number".into(),
            Self::Version => "a whole number from 1".into(),
            Self::YesNo => "true or false".into(),
            Self::Duration => "a duration in quotes, for example \"60s\"".into(),
            Self::Instant => "an instant, for example \"2026-11-23T03:26:00Z\"".into(),
            Self::Day => "a day, for example 2026-11-02".into(),
            Self::List(item) => format!("a list [ … ] of {}", item.words()),
            Self::Table(_) => "a table".into(),
            Self::Named(_) | Self::Rows(_) => "tables by name".into(),
            Self::Numbers => "a table of numbers".into(),
            Self::Values => "a table of texts, numbers, true or false".into(),
            Self::Pointer => "a pointer in quotes, for example \"/data/0/id\"".into(),
            Self::OneOf(choices) => choices.iter().map(Self::words).collect::<Vec<_>>().join(", or "),
        }
    }

    /// Whether a value has the TOML type for it; its content may still be wrong.
    fn fits(&self, value: &DeValue<'_>) -> bool {
        match self {
            Self::Text | Self::Line(_) | Self::Lines(_) | Self::Word(_) | Self::Id | Self::Duration | Self::Pointer => {
                value.is_str()
            }
            Self::Number => value.is_integer() || value.is_float(),
            Self::Whole | Self::Version => value.is_integer(),
            Self::YesNo => value.is_bool(),
            Self::Instant | Self::Day => value.is_str() || value.is_datetime(),
            Self::List(_) => value.is_array(),
            Self::Table(_) | Self::Named(_) | Self::Rows(_) | Self::Numbers | Self::Values => value.is_table(),
            Self::OneOf(choices) => choices.iter().any(|choice| choice.fits(value)),
        }
    }
}

/// Where something stands. It becomes words when somebody has to be told, which is rare in files that are sound.
#[derive(Clone, Copy)]
enum Place<'a> {
    /// The file as a whole: `the config`.
    Whole(&'a str),
    /// A key in it, or in a table of it.
    Key(&'a Self, &'a str),
}

impl fmt::Display for Place<'_> {
    /// `the config`, `[signal]`, `[signal.grounding]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn path(place: &Place<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match place {
                Place::Whole(_) => Ok(()),
                Place::Key(Place::Whole(_), word) => f.write_str(word),
                Place::Key(before, word) => {
                    path(before, f)?;
                    write!(f, ".{word}")
                }
            }
        }
        match self {
            Self::Whole(words) => f.write_str(words),
            Self::Key(..) => {
                f.write_str("[")?;
                path(self, f)?;
                f.write_str("]")
            }
        }
    }
}

/// Checks a table against its shape. `place` says in words what the table is, `name` is where it is named in the file.
/// With `complete`, missing keys are reported.
pub(super) fn check(
    shape: &Shape,
    table: &DeTable<'_>,
    place: &str,
    name: &Range<usize>,
    complete: bool,
    sink: &mut Sink<'_>,
) {
    check_table(shape, table, Place::Whole(place), name, complete, sink);
}

fn check_table(
    shape: &Shape,
    table: &DeTable<'_>,
    place: Place<'_>,
    name: &Range<usize>,
    complete: bool,
    sink: &mut Sink<'_>,
) {
    let known = || shape.keys.iter().map(|key| key.name);
    let mut given = [false; MARKED];
    for (key, value) in table {
        let word = key.get_ref().as_ref();
        let known_key = shape.keys.iter().zip(0_usize..).find(|(known, _)| known.name == word);
        match known_key {
            Some((known, at)) => {
                if let Some(given) = given.get_mut(at) {
                    *given = true;
                }
                check_value(&known.takes, value, &key.span(), Place::Key(&place, word), complete, sink);
            }
            None if sink.is_full() => sink.error(&key.span(), "", ""),
            None => {
                let is_secret = mask::may_hold_secret(word, true) && known().any(|key| key == "secret");
                let close = suggest::hint(word, known());
                if word == "id" && known().any(|key| key == "extends") {
                    let hint = "an extension takes the id of what it extends: remove id; or remove extends, to replace that \
                                runbook or to write one of your own";
                    sink.error(&key.span(), "`id` beside `extends`", hint);
                    continue;
                }
                let hint = if is_secret && !close.starts_with("did you mean") {
                    "a secret is named, not written: secret = { env = \"NAME\" }".to_owned()
                } else {
                    close
                };
                sink.error(&key.span(), format!("unknown key `{word}` in {place}"), hint);
            }
        }
    }
    for (key, at) in shape.keys.iter().zip(0_usize..).filter(|(key, _)| key.required && complete) {
        if !given.get(at).copied().unwrap_or_else(|| table.contains_key(key.name)) {
            let lacks = if matches!(place, Place::Whole("the readings")) { "lack" } else { "lacks" };
            sink.error(name, format!("{place} {lacks} `{}`", key.name), format!("{}: {}", key.name, key.about));
        }
    }
}

fn check_value(
    takes: &Takes,
    value: &Spanned<DeValue<'_>>,
    key: &Range<usize>,
    place: Place<'_>,
    complete: bool,
    sink: &mut Sink<'_>,
) {
    let span = value.span();
    let inner = value.get_ref();
    if !takes.fits(inner) {
        let found = inner.type_str();
        let hint = match (takes, place) {
            (Takes::Table(shape), Place::Key(_, key)) if std::ptr::eq(*shape, &raw const SECRET) => {
                format!(
                    "write {key} = {{ env = \"NAME\" }}, the name of a variable that holds it, never the secret itself"
                )
            }
            _ => format!("write {}", takes.words()),
        };
        sink.error(&span, format!("{place} is of the wrong type ({found})"), hint);
        return;
    }
    match (takes, inner) {
        (Takes::OneOf(choices), _) => {
            if let Some(choice) = choices.iter().find(|choice| choice.fits(inner)) {
                check_value(choice, value, key, place, complete, sink);
            }
        }
        (Takes::List(item), DeValue::Array(items)) => {
            for value in items {
                check_value(item, value, &value.span(), place, complete, sink);
            }
        }
        (Takes::Table(shape), DeValue::Table(table)) => check_table(shape, table, place, key, complete, sink),
        (Takes::Named(shape) | Takes::Rows(shape), DeValue::Table(table)) => {
            for (name, value) in table {
                let word = name.get_ref().as_ref();
                if let (Takes::Named(_), Err(bad)) = (takes, word.parse::<SignalId>()) {
                    sink.error(&name.span(), bad.to_string(), "choose a plain lower-case name");
                }
                match value.get_ref() {
                    DeValue::Table(inner) => {
                        check_table(shape, inner, Place::Key(&place, word), &name.span(), complete, sink);
                    }
                    other => sink.error(
                        &value.span(),
                        format!("{} is of the wrong type ({})", Place::Key(&place, word), other.type_str()),
                        format!("write a table {}", Place::Key(&place, word)),
                    ),
                }
            }
        }
        (Takes::Numbers, DeValue::Table(table)) => {
            for (name, value) in table {
                check_value(&Takes::Number, value, &name.span(), Place::Key(&place, name.get_ref()), complete, sink);
            }
        }
        (Takes::Values, DeValue::Table(table)) => {
            for (name, value) in table {
                let any = Takes::OneOf(&[Takes::Text, Takes::Number, Takes::YesNo]);
                check_value(&any, value, &name.span(), Place::Key(&place, name.get_ref()), complete, sink);
            }
        }
        (Takes::Line(most) | Takes::Lines(most), DeValue::String(text)) if !text.trim().is_empty() => {
            if let Some(slip) = wording::slip(text, *most, matches!(takes, Takes::Lines(_))) {
                let at = sink.source().inside_string(&span, slip.at);
                sink.error(&at, format!("{place}: {}", slip.message), slip.hint);
            }
        }
        (_, scalar) => {
            if let Err((message, hint)) = check_scalar(takes, scalar) {
                sink.error(&span, format!("{place}: {message}"), hint);
            }
        }
    }
}

fn check_scalar(takes: &Takes, value: &DeValue<'_>) -> Result<(), (String, String)> {
    let text = value.as_str().unwrap_or_default();
    match takes {
        Takes::Text | Takes::Line(_) | Takes::Lines(_) if text.trim().is_empty() => {
            Err(("the text is empty".into(), "write something or remove it".into()))
        }
        Takes::Word(words) if !words().contains(&text) => {
            Err((format!("{text:?} is not known here"), suggest::hint(text, words())))
        }
        Takes::Id => text.parse::<SignalId>().map(|_| ()).map_err(|bad| (bad.to_string(), suggest::name_like(text))),
        Takes::Pointer if !text.is_empty() && !text.starts_with('/') => {
            Err(("a pointer starts with /".into(), format!("write \"/{}\"", text.replace('.', "/"))))
        }
        Takes::Number if number(value).is_none() => {
            Err(("not a finite number".into(), "write a number such as 0.95".into()))
        }
        Takes::Whole if whole(value).is_none() => {
            Err(("not a whole number from 0 on".into(), "write a number such as 80".into()))
        }
        Takes::Version if !whole(value).is_some_and(|version| (1..=u64::from(u32::MAX)).contains(&version)) => Err((
            "a version is a whole number from 1".into(),
            "write 1 at first, and one more with every change".into(),
        )),
        Takes::Duration if duration(text).is_none() => Err((
            format!("{text:?} is no duration"),
            "write for example \"60s\", \"10m\", \"4h\" or \"14d\" (at most 400d)".into(),
        )),
        Takes::Instant if instant(value).is_none() => {
            Err(("not an instant".into(), "write for example \"2026-11-23T03:26:00Z\"".into()))
        }
        Takes::Day if day(value).is_none() => Err(("not a day".into(), "write for example 2026-11-02".into())),
        _ => Ok(()),
    }
}

/// A finite number, whole or not.
pub(super) fn number(value: &DeValue<'_>) -> Option<f64> {
    let parsed: Option<f64> = match value {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
        DeValue::Float(number) => number.as_str().parse().ok(),
        _ => None,
    };
    parsed.filter(|number| number.is_finite())
}

/// A whole number, not negative.
pub(super) fn whole(value: &DeValue<'_>) -> Option<u64> {
    value.as_integer().and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok())
}

/// A positive duration of at most 400 days; days have 24 hours.
pub(super) fn duration(text: &str) -> Option<Duration> {
    const LONGEST: Duration = Duration::from_hours(9600);
    let span: Span = text.parse().ok()?;
    let signed = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(signed).ok().filter(|duration| !duration.is_zero() && *duration <= LONGEST)
}

/// An instant with its offset, as text or as a TOML date-time.
pub(super) fn instant(value: &DeValue<'_>) -> Option<Timestamp> {
    match value {
        DeValue::String(text) => text.parse().ok(),
        DeValue::Datetime(at) => at.to_string().parse().ok(),
        _ => None,
    }
}

/// A day without a time, as text or as a TOML date.
pub(super) fn day(value: &DeValue<'_>) -> Option<Date> {
    match value {
        DeValue::String(text) => text.parse().ok(),
        DeValue::Datetime(at) => at.to_string().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_people_write_and_nothing_ambiguous() {
        assert_eq!(duration("60s"), Some(Duration::from_mins(1)));
        assert_eq!(duration("10m"), Some(Duration::from_mins(10)));
        assert_eq!(duration("1h 30m"), Some(Duration::from_mins(90)));
        assert_eq!(duration("14d"), Some(Duration::from_hours(336)));
        for bad in ["", "60", "-5m", "0s", "1 fortnight", "5000d", "1month"] {
            assert_eq!(duration(bad), None, "{bad:?}");
        }
    }
}
