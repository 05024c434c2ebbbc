//! Addresses in logs, and the networks that are the user's own.

use std::{fmt, net::IpAddr, str::FromStr};

/// A network, such as `192.0.2.0/24`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    bits: u128,
    length: u8,
    is_v4: bool,
}

/// A text that is no network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadNetwork(String);

impl fmt::Display for BadNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = leeward_model::SafeText::new(&self.0);
        write!(
            f,
            "`{text}` is not a network; write it as `192.0.2.0/24`, `2001:db8::/32` or one address"
        )
    }
}

impl std::error::Error for BadNetwork {}

impl FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let bad = || BadNetwork(text.to_owned());
        let (address, length) = match text.trim().split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let is_v4 = address.is_ipv4();
        let most = if is_v4 { 32 } else { 128 };
        let length = length.map_or(Ok(most), |length| length.parse().map_err(|_| bad()))?;
        if length > most {
            return Err(bad());
        }
        Ok(Self { bits: bits(address), length, is_v4 })
    }
}

impl Network {
    /// Whether an address is in it.
    pub fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let width = if self.is_v4 { 32 } else { 128 };
        let shift = width - u32::from(self.length);
        address.is_ipv4() == self.is_v4
            && (bits(address) ^ self.bits).checked_shr(shift).unwrap_or(0) == 0
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// The address in a field: alone, with a port, in brackets, or the first of a
/// list.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let text = text.split(',').next()?.trim().trim_matches('"');
    let parsed = text
        .parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip()))
        .or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok());
    parsed.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_belong_to_networks() {
        let holds = |network: &str, text: &str| {
            network.parse::<Network>().unwrap().holds(address(text).unwrap())
        };
        assert!(holds("10.0.0.0/8", "10.255.0.1:443") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("192.0.2.7", "192.0.2.7") && !holds("192.0.2.7", "192.0.2.6"));
        assert!(holds("0.0.0.0/0", "::ffff:1.2.3.4") && !holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("2001:db8::/32", "[2001:db8::1]:80") && holds("::/0", "2001:db8::1"));
        for bad in ["10.0.0.0/33", "x", "10.0.0.0/", "1.2.3", "::/129"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
        assert_eq!(address("-"), None);
        assert_eq!(address("203.0.113.9, 10.0.0.1").unwrap().to_string(), "203.0.113.9");
    }
}
