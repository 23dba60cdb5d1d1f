//! From where a request comes.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use jobboard_shared::config::Http;
use poem::{Request, http::HeaderMap};

/// How many proxies a request may have passed.
const MOST_HOPS: usize = 32;

/// The client's address. Unknown where the connection has none. Extract it with
/// `Data<&ClientAddress>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) Option<IpAddr>);

impl ClientAddress {
    /// The address of the connection; behind a trusted proxy the one that it
    /// names, and so on. What stands left of the first that is not trusted is the
    /// client's own claim and not read.
    pub(crate) fn of(request: &Request, config: &Http) -> Self {
        let peer = request.remote_addr().as_socket_addr();
        Self(peer.map(|peer| walk(peer.ip().to_canonical(), request.headers(), config)))
    }

    /// What one client may be expected to have for itself: a whole IPv4 address,
    /// the first 64 bits of an IPv6 one.
    pub(crate) fn own_network(self) -> Option<IpAddr> {
        Some(match self.0? {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => masked(address.to_bits(), 64),
        })
    }
}

/// For the log: the network, which tells where a flood comes from and not who it
/// is.
impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(IpAddr::V4(address)) => {
                let [a, b, c, _] = address.octets();
                write!(f, "{a}.{b}.{c}.0/24")
            }
            Some(IpAddr::V6(address)) => write!(f, "{}/48", masked(address.to_bits(), 48)),
            None => f.write_str("-"),
        }
    }
}

fn masked(bits: u128, length: u32) -> IpAddr {
    IpAddr::V6((bits & !(u128::MAX >> length)).into())
}

fn walk(peer: IpAddr, headers: &HeaderMap, config: &Http) -> IpAddr {
    let mut client = peer;
    let hops = headers
        .get_all("x-forwarded-for")
        .iter()
        .rev()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.rsplit(','));
    for hop in hops.take(MOST_HOPS) {
        if !config.trusts_proxy(client) {
            break;
        }
        // A proxy that writes what cannot be read is the last that is known.
        let Some(address) = address_of(hop.trim()) else {
            break;
        };
        client = address;
    }
    client
}

/// With or without a port, as proxies differ.
fn address_of(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    bare.unwrap_or(text)
        .parse()
        .or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()))
        .ok()
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use jobboard_shared::config::Config;
    use poem::http::HeaderValue;

    use super::*;

    fn client(peer: &str, trusted: &[&str], forwarded: &[&'static str]) -> String {
        let mut config = Config::for_tests("postgres://localhost/x").http;
        config.trusted_proxies = trusted.iter().map(|text| text.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(value));
        }
        walk(peer.parse().unwrap(), &headers, &config).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(client("192.0.2.1", &[], &["198.51.100.7"]), "192.0.2.1");
        let trusted = &["10.0.0.0/8"][..];
        assert_eq!(client("192.0.2.1", trusted, &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(
            client("10.0.0.1", trusted, &["198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(client("10.0.0.1", trusted, &[]), "10.0.0.1");
    }

    #[test]
    fn what_a_client_claims_itself_is_not_read() {
        let trusted = &["10.0.0.0/8", "fd00::/8"][..];
        for forwarded in [
            &["1.1.1.1, 198.51.100.7, 10.0.0.2"][..],
            &["1.1.1.1", "198.51.100.7,10.0.0.2"][..],
            &["10.9.9.9, 198.51.100.7, fd00::1"][..],
            &["198.51.100.7:4711, [fd00::1]:80"][..],
            &["::ffff:198.51.100.7"][..],
        ] {
            assert_eq!(client("10.0.0.1", trusted, forwarded), "198.51.100.7");
        }
        assert_eq!(
            client("10.0.0.1", trusted, &["1.1.1.1, unknown"]),
            "10.0.0.1"
        );
        assert_eq!(
            client("10.0.0.1", trusted, &["10.0.0.3, 10.0.0.2"]),
            "10.0.0.3"
        );
    }

    #[test]
    fn logs_and_limits_see_networks() {
        let of = |text: &str| ClientAddress(Some(text.parse().unwrap()));
        assert_eq!(of("198.51.100.7").to_string(), "198.51.100.0/24");
        assert_eq!(of("2001:db8:1:2:3::4").to_string(), "2001:db8:1::/48");
        assert_eq!(ClientAddress(None).to_string(), "-");
        assert_eq!(
            of("2001:db8:1:2:3::4").own_network(),
            of("2001:db8:1:2::").0
        );
        assert_ne!(
            of("198.51.100.7").own_network(),
            of("198.51.100.8").own_network()
        );
    }
}
