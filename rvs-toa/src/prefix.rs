// SPDX-License-Identifier: GPL-2.0-only

//! Addresses and prefixes of directors.

use std::{
    fmt,
    net::{
        IpAddr,
        Ipv4Addr,
        Ipv6Addr, //
    },
    str::FromStr,
};

use crate::error::Error;

/// Bytes of what a prefix is compared by: the version of IP, and an address, of IPv4 with zeros behind it.
pub const KEY_LEN: usize = 17;

/// An address, or all that begin with the same bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Prefix {
    addr: IpAddr,
    bits: u8,
}

const fn max_bits(addr: IpAddr) -> u8 {
    match addr {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// The address without its bits behind the first ones.
fn masked(addr: IpAddr, bits: u8) -> IpAddr {
    match addr {
        IpAddr::V4(addr) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            Ipv4Addr::from(u32::from(addr) & mask).into()
        }
        IpAddr::V6(addr) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            Ipv6Addr::from(u128::from(addr) & mask).into()
        }
    }
}

impl Prefix {
    /// How many bits are compared, and with what, as the kernel's trie has it.
    pub fn to_key(self) -> (u32, [u8; KEY_LEN]) {
        let mut key = [0; KEY_LEN];
        match self.addr {
            IpAddr::V4(addr) => {
                key[0] = 4;
                key[1..5].copy_from_slice(&addr.octets());
            }
            IpAddr::V6(addr) => {
                key[0] = 6;
                key[1..].copy_from_slice(&addr.octets());
            }
        }
        (8 + u32::from(self.bits), key)
    }

    /// The prefix of a key; none of what is no key of ours.
    pub fn from_key(bits: u32, key: [u8; KEY_LEN]) -> Option<Self> {
        let [version, addr @ ..] = key;
        let addr: IpAddr = match version {
            4 => {
                let [a, b, c, d, ..] = addr;
                Ipv4Addr::new(a, b, c, d).into()
            }
            6 => Ipv6Addr::from(addr).into(),
            _ => return None,
        };
        let bits = u8::try_from(bits.checked_sub(8)?).ok()?;
        (bits <= max_bits(addr)).then_some(Self { addr, bits })
    }
}

impl FromStr for Prefix {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (addr, bits) = match text.split_once('/') {
            Some((addr, bits)) => (addr, Some(bits)),
            None => (text, None),
        };
        let addr: IpAddr = addr.parse().map_err(|_| {
            Error::usage("not an address")
                .argument(text)
                .hint("such as 192.0.2.1, 192.0.2.0/28 or 2001:db8::/64")
        })?;
        // The same director, as sockets of the other version name it.
        let addr = addr.to_canonical();
        let most = max_bits(addr);
        let bits = match bits {
            None => most,
            Some(bits) => bits
                .parse()
                .ok()
                .filter(|bits| *bits <= most)
                .ok_or_else(|| {
                    Error::usage(format!("the length is a number from 0 to {most}")).argument(text)
                })?,
        };
        let prefix = Self {
            addr: masked(addr, bits),
            bits,
        };
        if prefix.addr != addr {
            return Err(Error::usage("the address has bits behind the length")
                .argument(text)
                .hint(format!("did you mean {prefix}?")));
        }
        Ok(prefix)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bits == max_bits(self.addr) {
            write!(f, "{}", self.addr)
        } else {
            write!(f, "{}/{}", self.addr, self.bits)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> Prefix {
        text.parse().unwrap()
    }

    #[test]
    fn reads_what_it_writes() {
        for text in [
            "192.0.2.1",
            "192.0.2.0/28",
            "0.0.0.0/0",
            "2001:db8::1",
            "2001:db8::/33",
            "::/0",
        ] {
            assert_eq!(prefix(text).to_string(), text);
            let (bits, key) = prefix(text).to_key();
            assert_eq!(Prefix::from_key(bits, key), Some(prefix(text)));
        }
        assert_eq!(prefix("192.0.2.1/32"), prefix("192.0.2.1"));
        assert_eq!(prefix("::ffff:192.0.2.1"), prefix("192.0.2.1"));
    }

    #[test]
    fn versions_differ_in_the_first_byte() {
        let (bits, key) = prefix("192.0.2.0/24").to_key();
        assert_eq!((bits, &key[..6]), (32, &[4, 192, 0, 2, 0, 0][..]));
        let (bits, key) = prefix("2001:db8::/32").to_key();
        assert_eq!((bits, &key[..6]), (40, &[6, 0x20, 1, 0x0d, 0xb8, 0][..]));
    }

    #[test]
    fn refuses_what_is_none() {
        for (text, reason) in [
            ("", "not an address"),
            ("example.org", "not an address"),
            ("192.0.2.1/33", "the length is a number from 0 to 32"),
            ("192.0.2.1/", "the length is a number from 0 to 32"),
            ("2001:db8::/129", "the length is a number from 0 to 128"),
            (
                "192.0.2.1/28",
                "the address has bits behind the length; did you mean 192.0.2.0/28?",
            ),
        ] {
            let line = Prefix::from_str(text).unwrap_err().to_line();
            assert!(line.contains(reason), "{text}: {line}");
            assert!(line.starts_with(&format!("rvs-toa: {text}: ")), "{line}");
        }
    }
}
