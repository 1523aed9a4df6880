//! Where a request came from, through proxies that are trusted to say so.

use std::net::IpAddr;

use ipnet::IpNet;

/// The header in which a proxy names the address before it; each appends the one it saw.
pub const FORWARDED_HEADER: &str = "x-forwarded-for";

/// The address of the caller: the peer, or, where the peer is a trusted proxy, the last address in `forwarded` that is
/// no trusted proxy. What stands before that one may have been made up by the caller.
#[must_use]
pub fn client_address(peer: IpAddr, forwarded: Option<&str>, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |ip: &IpAddr| trusted.iter().any(|net| net.contains(ip));
    if !is_trusted(&peer) {
        return peer;
    }
    let mut known = peer;
    for text in forwarded.unwrap_or_default().rsplit(',') {
        let Ok(ip) = text.trim().parse::<IpAddr>() else { return known };
        known = ip.to_canonical();
        if !is_trusted(&known) {
            return known;
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let ip = |t: &str| t.parse::<IpAddr>().unwrap();
        let trusted = ["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        assert_eq!(client_address(ip("203.0.113.5"), Some("1.2.3.4"), &trusted), ip("203.0.113.5"));
        assert_eq!(client_address(ip("127.0.0.1"), Some("1.2.3.4"), &trusted), ip("1.2.3.4"));
        assert_eq!(client_address(ip("127.0.0.1"), Some("6.6.6.6, 1.2.3.4, 10.1.1.1"), &trusted), ip("1.2.3.4"));
        assert_eq!(client_address(ip("127.0.0.1"), Some("1.2.3.4, nonsense"), &trusted), ip("127.0.0.1"));
        assert_eq!(client_address(ip("127.0.0.1"), None, &trusted), ip("127.0.0.1"));
    }
}
