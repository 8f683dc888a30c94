//! Numbers as they are shown: three digits, with the unit that fits.

/// Three digits of what is small, whole numbers of what is large: `0.0421`, `12.3`, `4568`.
#[must_use]
pub fn number(value: f64) -> String {
    let trimmed = |text: String| text.trim_end_matches('0').trim_end_matches('.').to_owned();
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size < 0.001 => format!("{value:.1e}"),
        size if size < 0.1 => trimmed(format!("{value:.4}")),
        size if size < 1.0 => trimmed(format!("{value:.3}")),
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        size if size < 1e7 => format!("{value:.0}"),
        _ => format!("{value:.2e}"),
    }
}

/// A value with its unit, in the size that people say: `12.3 ms`, `2.10 s`, `0.87 MB`, `54.0 MiB`, `3,480/s`.
#[must_use]
pub fn with_unit(value: f64, unit: &str) -> String {
    match unit {
        "bytes" => bytes(value),
        "ms" if value.abs() >= 10_000.0 => format!("{} s", number(value / 1e3)),
        "1/s" => format!("{}/s", grouped(value, number(value))),
        "count" => grouped(value, if value.fract() == 0.0 { format!("{value:.0}") } else { number(value) }),
        "" => number(value),
        _ => format!("{} {}", grouped(value, number(value)), unit.replace('_', " ")),
    }
}

/// A ratio: `3.42×`.
#[must_use]
pub fn times(ratio: f64) -> String {
    format!("{}×", number(ratio))
}

/// Thousands with commas between them; smaller numbers as `otherwise`.
fn grouped(value: f64, otherwise: String) -> String {
    if value.abs() < 999.5 || value.abs() >= 1e12 {
        return otherwise;
    }
    let digits = format!("{:.0}", value.abs());
    let mut text = String::from(if value < 0.0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn bytes(value: f64) -> String {
    match value.abs() {
        size if size < 1e3 => format!("{value:.0} B"),
        size if size < 1e6 => format!("{} kB", number(value / 1e3)),
        size if size < 1e9 => format!("{} MB", number(value / 1e6)),
        _ => format!("{} GB", number(value / 1e9)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_what_can_be_seen() {
        for (value, text) in
            [(0.0, "0"), (0.04214, "0.0421"), (0.25, "0.25"), (7.0, "7.00"), (-12.345, "-12.3"), (4567.8, "4568")]
        {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn units_are_those_that_people_say() {
        for (value, unit, text) in [
            (12.34, "ms", "12.3 ms"),
            (12_340.0, "ms", "12.3 s"),
            (868_000.0, "bytes", "868 kB"),
            (83e6, "bytes", "83.0 MB"),
            (1_234_567.0, "count", "1,234,567"),
            (7.0, "count", "7"),
            (3480.2, "1/s", "3,480/s"),
            (0.25, "ms_per_s", "0.25 ms per s"),
        ] {
            assert_eq!(with_unit(value, unit), text);
        }
        assert_eq!(times(3.417), "3.42×");
    }
}
