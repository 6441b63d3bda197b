//! The worked-example config: one TOML file, shown as it is by `--print-config` and with real ports to the cockpit.

/// The config with example ports.
const TEMPLATE: &str = include_str!("config.toml");

/// Where the servers listen: base URLs without a final slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// Prometheus.
    pub prometheus: String,
    /// Flag store.
    pub flags: String,
    /// Prompt registry and gateway.
    pub mlflow: String,
    /// The primary provider's status page.
    pub status_page: String,
    /// The product itself: chat and deployments feed.
    pub product: String,
}

/// The ports in the template, in the order of [`Addresses`].
const EXAMPLES: [&str; 5] = [
    "http://127.0.0.1:9090",
    "http://127.0.0.1:4242",
    "http://127.0.0.1:5000",
    "http://127.0.0.1:8081",
    "http://127.0.0.1:8080",
];

/// The worked example with example ports, for reading.
#[must_use]
pub const fn config_template() -> &'static str {
    TEMPLATE
}

/// The config for servers at these addresses.
///
/// Each line is replaced at most once and an address only as a whole: a real port may be, or begin like, an example port.
#[must_use]
pub fn text(addresses: &Addresses) -> String {
    let Addresses { prometheus, flags, mlflow, status_page, product } = addresses;
    let real = [prometheus, flags, mlflow, status_page, product];
    let quoted = |url: &str| format!("\"{url}\"");
    let with_real_address = |line: &str| {
        let example = EXAMPLES.into_iter().zip(real).find(|(example, _)| line.contains(&quoted(example)));
        example.map_or_else(|| line.to_owned(), |(example, real)| line.replace(&quoted(example), &quoted(real)))
    };
    TEMPLATE.split_inclusive('\n').map(with_real_address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_port_may_be_or_begin_like_an_example_port() {
        let at = |port: u16| format!("http://127.0.0.1:{port}");
        let addresses = Addresses {
            prometheus: at(42_425),
            flags: at(50_001),
            mlflow: at(8_081),
            status_page: at(8_080),
            product: at(9_090),
        };
        let urls: Vec<String> =
            text(&addresses).lines().filter_map(|line| Some(line.strip_prefix("url = ")?.replace('"', ""))).collect();
        let Addresses { prometheus, flags, mlflow, status_page, product } = addresses;
        assert_eq!(urls, [prometheus, flags, mlflow, status_page, product]);
    }
}
