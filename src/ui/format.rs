//! Numbers, durations and times as a tired person reads them: with unit, at most three significant digits, UTC.
//! May not know styles, widths or clocks.

use jiff::{SignedDuration, Timestamp};

use crate::domain::signal::{Better, SignalSpec};

/// A value in its signal's unit. Ratios where less is better are shares and read in percent; others keep two decimals.
#[must_use]
pub fn signal_value(spec: &SignalSpec, value: f64) -> String {
    match (spec.unit.as_str(), spec.better) {
        ("ratio", Better::Higher) => plain_ratio(value),
        ("ratio", _) => percent(value),
        (unit, _) => quantity(value, unit),
    }
}

/// A value with the unit as the vocabulary writes it: `s` becomes ms, s or min; `ratio` becomes percent.
#[must_use]
pub fn quantity(value: f64, unit: &str) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    match unit {
        "ratio" => percent(value),
        "s" => seconds(value),
        "bytes" => bytes(value),
        "USD" => format!("${}", number(value)),
        "" | "count" | "score" | "0/1" | "level 0-3" | "distance" | "cosine distance" | "PSI" => number(value),
        unit => {
            if let Some(rest) = unit.strip_prefix("USD") {
                return format!("${}{}{rest}", number(value), if rest.starts_with('/') { "" } else { " " })
                    .replace("  ", " ");
            }
            let text = number(value);
            let unit = match unit {
                "tokens" => "tok",
                "tokens/s" => "tok/s",
                unit => unit,
            };
            format!("{text} {unit}")
        }
    }
}

/// `1 line`, `3 lines`.
#[must_use]
pub fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// `3 more lines below, 2 above`: what of a list is not on the screen. Empty if all of it is.
#[must_use]
pub fn hidden(above: usize, below: usize, one: &str, many: &str) -> String {
    match (above, below) {
        (0, 0) => String::new(),
        (0, below) => format!("{} below", counted(below, one, many)),
        (above, 0) => format!("{} above", counted(above, one, many)),
        (above, below) => format!("{} below, {above} above", counted(below, one, many)),
    }
}

/// Beyond this many robust deviations the number says no more than "far".
const FAR: f64 = 99.0;

/// `z −8.4`, `z > +99`.
#[must_use]
pub fn deviations(z: f64) -> String {
    if z.abs() > FAR {
        if z > 0.0 { "z > +99".to_owned() } else { "z < −99".to_owned() }
    } else {
        format!("z {}", signed(z))
    }
}

/// A number with at most three significant digits; thousands as `1.2 k`, millions as `3.4 M`. A real minus sign.
#[must_use]
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let size = value.abs();
    if size >= 999.5e9 {
        return with_minus(&format!("{value:.1e}"));
    }
    let (scaled, suffix) = if size >= 999.5e6 {
        (value / 1e9, " G")
    } else if size >= 999.5e3 {
        (value / 1e6, " M")
    } else if size >= 9_999.5 {
        (value / 1e3, " k")
    } else {
        (value, "")
    };
    if suffix.is_empty() && size >= 999.5 {
        return with_minus(&thousands(value.round()));
    }
    with_minus(&format!("{}{suffix}", three_digits(scaled)))
}

/// A number of observations: whole, in full up to 99,999.
#[must_use]
pub fn samples(n: f64) -> String {
    if n.abs() < 99_999.5 { count(n) } else { number(n) }
}

/// A count in full, with thousands separated: `4,120`.
#[must_use]
pub fn count(value: f64) -> String {
    if value.is_finite() { with_minus(&thousands(value.round())) } else { "–".into() }
}

fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |rest| ("-", rest));
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    text.push_str(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// At most three significant digits, no trailing zeros after the point.
fn three_digits(value: f64) -> String {
    let size = value.abs();
    let decimals = if size < 1e-9 {
        return "0".into();
    } else if size >= 99.95 {
        0
    } else if size >= 9.995 {
        1
    } else if size >= 0.0995 {
        2
    } else if size >= 0.00995 {
        3
    } else if size >= 0.000_995 {
        4
    } else {
        return format!("{value:.1e}");
    };
    trimmed(format!("{value:.decimals$}"))
}

fn trimmed(text: String) -> String {
    if !text.contains('.') {
        return text;
    }
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

fn with_minus(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.contains(|digit: char| matches!(digit, '1'..='9')) => format!("−{rest}"),
        Some(zero) => zero.to_owned(),
        None => text.to_owned(),
    }
}

/// A ratio that stays a ratio: `0.71`, always two decimals so that columns line up; small ones keep three digits.
#[must_use]
pub fn plain_ratio(value: f64) -> String {
    if !value.is_finite() {
        "–".into()
    } else if value != 0.0 && value.abs() < 0.01 {
        number(value)
    } else {
        with_minus(&format!("{value:.2}"))
    }
}

/// A share of one in percent: `11.2 %`, `0.4 %`, `100 %`.
#[must_use]
pub fn percent(ratio: f64) -> String {
    if !ratio.is_finite() {
        return "–".into();
    }
    let percent = ratio * 100.0;
    let text = if percent.abs() < 1e-9 {
        "0".into()
    } else if percent.abs() >= 9_999.5 {
        number(percent)
    } else if percent.abs() >= 99.95 {
        format!("{percent:.0}")
    } else if percent.abs() < 0.1 {
        three_digits(percent)
    } else {
        format!("{percent:.1}")
    };
    with_minus(&format!("{text} %"))
}

/// Seconds as the eye wants them: `812 ms`, `3.4 s`, `35 min`.
#[must_use]
pub fn seconds(value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let size = value.abs();
    if size < 0.000_999_5 && size > 0.0 {
        format!("{} µs", with_minus(&three_digits(value * 1e6)))
    } else if size < 0.999_5 {
        format!("{} ms", with_minus(&three_digits(value * 1e3)))
    } else if size < 119.5 {
        format!("{} s", with_minus(&three_digits(value)))
    } else {
        duration(value)
    }
}

/// A stretch of time in whole units: `6 s`, `35 min`, `2 h`, `14 d`. Negative stretches read as zero seconds.
#[must_use]
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0);
    if !seconds.is_finite() {
        "–".into()
    } else if seconds < 99.5 {
        format!("{seconds:.0} s")
    } else if seconds < 99.5 * 60.0 {
        format!("{:.0} min", seconds / 60.0)
    } else if seconds < 47.5 * 3_600.0 {
        format!("{:.0} h", seconds / 3_600.0)
    } else {
        format!("{:.0} d", seconds / 86_400.0)
    }
}

/// A window in its largest whole unit: `5 min`, `1 h`, `6 h`, `3 d`.
#[must_use]
pub fn window(seconds: u64) -> String {
    match seconds {
        0 => "0 s".into(),
        s if s.is_multiple_of(86_400) => format!("{} d", s / 86_400),
        s if s.is_multiple_of(3_600) => format!("{} h", s / 3_600),
        s if s.is_multiple_of(60) => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

/// Time from `since` to `now`, as [`duration`].
#[must_use]
pub fn ago(since: Timestamp, now: Timestamp) -> String {
    duration(now.duration_since(since).as_secs_f64())
}

/// The distance between two instants in words: `6 min before`, `2 min after`.
#[must_use]
pub fn lag(seconds: i64) -> String {
    let length = duration(SignedDuration::from_secs(seconds).unsigned_abs().as_secs_f64());
    format!("{length} {}", if seconds >= 0 { "before" } else { "after" })
}

/// A running or remaining time as a clock reads it: `02:19`, `1:02:19`; `-00:12` once it is over.
#[must_use]
pub fn timer(seconds: i64) -> String {
    let size = seconds.unsigned_abs();
    let (hours, minutes, rest) = (size / 3_600, size / 60 % 60, size % 60);
    let sign = if seconds < 0 { "−" } else { "" };
    if hours > 0 { format!("{sign}{hours}:{minutes:02}:{rest:02}") } else { format!("{sign}{minutes:02}:{rest:02}") }
}

/// UTC with seconds: `03:26:41Z`.
#[must_use]
pub fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%SZ").to_string()
}

/// UTC without seconds: `03:26Z`.
#[must_use]
pub fn minute(at: Timestamp) -> String {
    at.strftime("%H:%MZ").to_string()
}

/// UTC with the day: `2026-11-23 03:26:41Z`.
#[must_use]
pub fn full(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// UTC, with the day only if it is another day than `now`'s.
#[must_use]
pub fn clock_near(at: Timestamp, now: Timestamp) -> String {
    if at.strftime("%F").to_string() == now.strftime("%F").to_string() { clock(at) } else { full(at) }
}

/// UTC to the minute, for the narrow places, with the day only if it is another day than `now`'s.
#[must_use]
pub fn minute_near(at: Timestamp, now: Timestamp) -> String {
    let is_today = at.strftime("%F").to_string() == now.strftime("%F").to_string();
    at.strftime(if is_today { "%H:%MZ" } else { "%m-%d %H:%MZ" }).to_string()
}

/// Robust deviations from normal, signed: `−8.4`, `+0.3`.
#[must_use]
pub fn signed(value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let text = if value.abs() >= 99.95 { format!("{value:.0}") } else { format!("{value:.1}") };
    match text.strip_prefix('-') {
        Some("0.0") => "0.0".into(),
        Some(rest) => format!("−{rest}"),
        None if value > 0.0 => format!("+{text}"),
        None => text,
    }
}

/// A burn rate: `14.9x`.
#[must_use]
pub fn burn(rate: f64) -> String {
    if !rate.is_finite() {
        "–".into()
    } else if rate.abs() >= 99.95 {
        format!("{}x", number(rate))
    } else {
        with_minus(&format!("{rate:.1}x"))
    }
}

fn bytes(value: f64) -> String {
    let size = value.abs();
    let (scaled, unit) = if size >= 999.5 * 1024.0 * 1024.0 {
        (value / 1024f64.powi(3), "GiB")
    } else if size >= 999.5 * 1024.0 {
        (value / 1024f64.powi(2), "MiB")
    } else if size >= 999.5 {
        (value / 1024.0, "KiB")
    } else {
        (value, "B")
    };
    format!("{} {unit}", with_minus(&three_digits(scaled)))
}

#[cfg(test)]
mod tests;
