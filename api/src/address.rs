//! From where a request comes: the peer, or whom a trusted proxy names.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;

use crate::app::App;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// The peer; where that is a trusted proxy, the right-most entry of `X-Forwarded-For` that is
    /// none. What stands further left was written by whoever liked to.
    pub fn of(extensions: &Extensions, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        // Without a connection there is no peer: that is a test of the router alone.
        let peer = peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |info| info.0.ip());
        ClientAddress(resolve(peer, headers, trusted))
    }
}

impl FromRequestParts<App> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions, &parts.headers, &app.proxies))
    }
}

fn resolve(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let mut client = peer.to_canonical();
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    let entries = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    for entry in entries {
        if !is_trusted(client) {
            break;
        }
        // An entry that is no address says that the one who wrote it knows no further.
        let Ok(address) = entry.trim().parse::<IpAddr>() else {
            break;
        };
        client = address.to_canonical();
    }
    client
}

/// A network, `10.0.0.0/8`, or an address as a network of one.
pub fn network(text: &str) -> Option<IpNet> {
    match text.parse::<IpNet>() {
        Ok(network) => Some(network.trunc()),
        Err(_) => text.parse::<IpAddr>().ok().map(IpNet::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn resolved(peer: &str, lines: &[&'static str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
        }
        let trusted: Vec<_> = trusted.iter().filter_map(|text| network(text)).collect();
        resolve(peer.parse().expect("an address"), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_s_header_is_not_believed() {
        assert_eq!(resolved("192.0.2.1", &["198.51.100.7"], &[]), "192.0.2.1");
        assert_eq!(
            resolved("192.0.2.1", &["198.51.100.7"], &["10.0.0.0/8"]),
            "192.0.2.1"
        );
    }

    #[test]
    fn a_proxy_names_the_client_and_the_client_cannot_name_another() {
        let proxies = ["10.0.0.0/8", "::1"];
        let line = "203.0.113.9, 198.51.100.7, 10.1.1.1";
        assert_eq!(resolved("10.0.0.1", &[line], &proxies), "198.51.100.7");
        assert_eq!(
            resolved("10.0.0.1", &["203.0.113.9", "198.51.100.7"], &proxies),
            "198.51.100.7"
        );
        assert_eq!(resolved("::1", &["2001:db8::5"], &proxies), "2001:db8::5");
        assert_eq!(
            resolved("::ffff:10.0.0.1", &["::ffff:192.0.2.3"], &proxies),
            "192.0.2.3"
        );
    }

    #[test]
    fn without_a_usable_entry_the_proxy_itself_is_the_client() {
        assert_eq!(resolved("10.0.0.1", &[], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(
            resolved("10.0.0.1", &["unknown"], &["10.0.0.0/8"]),
            "10.0.0.1"
        );
        assert_eq!(
            resolved("10.0.0.1", &["192.0.2.1, x"], &["10.0.0.0/8"]),
            "10.0.0.1"
        );
    }

    #[test]
    fn networks_lose_their_host_bits() {
        assert_eq!(
            network("10.1.2.3/8").map(|n| n.to_string()).as_deref(),
            Some("10.0.0.0/8")
        );
        assert_eq!(
            network("192.0.2.1").map(|n| n.to_string()).as_deref(),
            Some("192.0.2.1/32")
        );
        assert_eq!(network("10.0.0.0/33"), None);
    }
}
