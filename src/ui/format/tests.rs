//! Numbers, durations and times as they must read.

use super::*;
use proptest::prelude::*;

#[test]
fn quantities_carry_their_unit_and_at_most_three_digits() {
    for (value, unit, shown) in [
        (0.812, "s", "812 ms"),
        (0.000_25, "s", "250 µs"),
        (3.412, "s", "3.41 s"),
        (0.9996, "s", "1 s"),
        (2100.0, "s", "35 min"),
        (0.112, "ratio", "11.2 %"),
        (1.0, "ratio", "100 %"),
        (0.0, "ratio", "0 %"),
        (-0.0, "ratio", "0 %"),
        (-1e-13, "ratio", "0 %"),
        (-0.004, "ratio", "−0.4 %"),
        (-0.0, "count", "0"),
        (0.000_41, "ratio", "0.041 %"),
        (118.4, "req/s", "118 req/s"),
        (12_340.0, "req/s", "12.3 k req/s"),
        (1_234.0, "tokens", "1,234 tok"),
        (3_400_000.0, "tokens", "3.4 M tok"),
        (14.0, "count", "14"),
        (0.0, "count", "0"),
        (12.5, "USD/h", "$12.5/h"),
        (0.31, "USD per 1k tokens", "$0.31 per 1k tokens"),
        (1536.0, "bytes", "1.5 KiB"),
        (-3.2, "count", "−3.2"),
        (f64::NAN, "s", "–"),
    ] {
        assert_eq!(quantity(value, unit), shown, "{value} {unit}");
    }
}

#[test]
fn durations_are_whole_units_and_never_negative() {
    for (seconds, shown) in [
        (0.0, "0 s"),
        (6.2, "6 s"),
        (94.0, "94 s"),
        (2_100.0, "35 min"),
        (7_200.0, "2 h"),
        (1_209_600.0, "14 d"),
        (-5.0, "0 s"),
    ] {
        assert_eq!(duration(seconds), shown, "{seconds}");
    }
}

#[test]
fn deviations_burns_timers_and_times_read_as_on_the_target_screen() {
    assert_eq!((signed(-8.41), signed(0.3), signed(-0.04)), ("−8.4".into(), "+0.3".into(), "0.0".into()));
    assert_eq!((burn(14.9), burn(0.2), burn(f64::NAN)), ("14.9x".into(), "0.2x".into(), "–".into()));
    assert_eq!((timer(139), timer(3_739), timer(-12)), ("02:19".into(), "1:02:19".into(), "−00:12".into()));
    assert_eq!((window(300), window(3_600), window(7_200)), ("5 min".into(), "1 h".into(), "2 h".into()));
    let at: Timestamp = "2026-11-23T03:26:41Z".parse().expect("valid");
    assert_eq!((clock(at), minute(at)), ("03:26:41Z".into(), "03:26Z".into()));
    assert_eq!(full(at), "2026-11-23 03:26:41Z");
    assert_eq!((lag(360), lag(-120)), ("6 min before".into(), "2 min after".into()));
    assert_eq!((count(4_120.4), count(999.0), count(1_234_567.0)), ("4,120".into(), "999".into(), "1,234,567".into()));
}

#[test]
fn ratios_keep_two_decimals_so_that_columns_line_up() {
    assert_eq!((plain_ratio(0.7), plain_ratio(1.0), plain_ratio(0.0)), ("0.70".into(), "1.00".into(), "0.00".into()));
    assert_eq!(plain_ratio(0.0042), "0.0042");
}

proptest! {
    #[test]
    fn any_number_is_short_enough_for_its_column(value in proptest::num::f64::ANY) {
        prop_assert!(number(value).chars().count() <= 10, "{}", number(value));
        prop_assert!(percent(value).chars().count() <= 11, "{}", percent(value));
        prop_assert!(!signed(value).contains('-') && !number(value).starts_with('-'));
    }
}
