// SPDX-License-Identifier: GPL-2.0-only

//! Timeouts as they are typed.

use super::number::decimal;
use crate::error::Error;
use crate::model::Protocol;
use crate::model::ServiceKey;
use crate::model::Timeouts;

/// The word for the timeout of the namespace.
const DEFAULT: &str = "default";

/// Reads `--timeout` of a service: `established=900,fin=120` of TCP, `30` of UDP,
/// `established=900,fin=120,30` of a mark, or `default` in the place of each number, or of all. Those of SCTP
/// cannot be set.
pub(super) fn of_service(key: &ServiceKey, text: Option<&str>) -> Result<Option<Timeouts>, Error> {
    let Some(text) = text else { return Ok(None) };
    let timeouts = match key.protocol() {
        Some(Protocol::Sctp) => {
            return Err(Error::usage("timeouts of SCTP cannot be set")
                .argument(format!("--timeout {text}"))
                .hint("leave it out: they are those of IPVS, 900 seconds when established"))
        }
        None => of_both(text),
        Some(Protocol::Tcp) => of_tcp(text),
        Some(Protocol::Udp) => own_seconds(text).map(|seconds| Timeouts {
            udp: Some(seconds),
            ..Timeouts::default()
        }),
    };
    match timeouts {
        Some(timeouts) => Ok(Some(timeouts)),
        None => Err(Error::usage("not a timeout")
            .argument(format!("--timeout {text}"))
            .hint(match key.protocol() {
                None => "write established=SECONDS, fin=SECONDS, seconds for UDP, or default",
                Some(Protocol::Tcp) => {
                    "write established=SECONDS, fin=SECONDS, both with a comma, or default"
                }
                Some(Protocol::Udp | Protocol::Sctp) => "write seconds, or default",
            })),
    }
}

/// Reads a timeout of the namespace.
pub(super) fn of_namespace(option: &str, text: Option<&str>) -> Result<Option<u32>, Error> {
    let Some(text) = text else { return Ok(None) };
    match seconds(text) {
        Some(seconds) => Ok(Some(seconds)),
        None => Err(Error::usage("not a timeout")
            .argument(format!("{option} {text}"))
            .hint("write seconds, at least 1")),
    }
}

fn of_tcp(text: &str) -> Option<Timeouts> {
    let mut timeouts = Timeouts::default();
    if text == DEFAULT {
        timeouts.tcp = Some(0);
        timeouts.tcp_fin = Some(0);
        return Some(timeouts);
    }
    for word in text.split(',') {
        let (name, number) = word.split_once('=')?;
        let place = match name {
            "established" => &mut timeouts.tcp,
            "fin" => &mut timeouts.tcp_fin,
            _ => return None,
        };
        // Each once.
        if place.replace(own_seconds(number)?).is_some() {
            return None;
        }
    }
    Some(timeouts)
}

/// Words of TCP, and one for UDP without a name.
fn of_both(text: &str) -> Option<Timeouts> {
    if text == DEFAULT {
        return Some(Timeouts {
            tcp: Some(0),
            tcp_fin: Some(0),
            udp: Some(0),
        });
    }
    let (named, plain): (Vec<_>, Vec<_>) = text.split(',').partition(|word| word.contains('='));
    let mut timeouts = match named.as_slice() {
        [] => Timeouts::default(),
        named => of_tcp(&named.join(","))?,
    };
    match plain.as_slice() {
        [] => {}
        [seconds] => timeouts.udp = Some(own_seconds(seconds)?),
        _ => return None,
    }
    Some(timeouts)
}

fn own_seconds(text: &str) -> Option<u32> {
    match text {
        DEFAULT => Some(0),
        text => seconds(text),
    }
}

fn seconds(text: &str) -> Option<u32> {
    decimal(text).filter(|seconds| *seconds > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::address;

    fn read(service: &str, text: &str) -> Option<(Option<u32>, Option<u32>, Option<u32>)> {
        let key = address::service(service).unwrap();
        let timeouts = of_service(&key, Some(text)).ok()??;
        Some((timeouts.tcp, timeouts.tcp_fin, timeouts.udp))
    }

    #[test]
    fn of_services() {
        let tcp = |text| read("tcp/192.0.2.1:80", text);
        let udp = |text| read("udp/192.0.2.1:53", text);
        assert_eq!(
            tcp("established=900,fin=120"),
            Some((Some(900), Some(120), None))
        );
        assert_eq!(tcp("fin=1"), Some((None, Some(1), None)));
        assert_eq!(tcp("established=default"), Some((Some(0), None, None)));
        assert_eq!(tcp("default"), Some((Some(0), Some(0), None)));
        assert_eq!(udp("30"), Some((None, None, Some(30))));
        assert_eq!(udp("default"), Some((None, None, Some(0))));
        for wrong in [
            "",
            "30",
            "established",
            "established=",
            "established=0",
            "fin=-1",
        ] {
            assert_eq!(tcp(wrong), None, "{wrong}");
        }
        for wrong in [
            "syn=5",
            "fin=1,fin=2",
            "fin=1,",
            "fin=1 ,established=2",
            "fin=4294967296",
        ] {
            assert_eq!(tcp(wrong), None, "{wrong}");
        }
        let mark = |text| read("mark/7", text);
        assert_eq!(mark("default"), Some((Some(0), Some(0), Some(0))));
        assert_eq!(mark("30,fin=default"), Some((None, Some(0), Some(30))));
        for wrong in ["", "30,30", "fin=1,", "syn=5,30", "fin=1,fin=2"] {
            assert_eq!(mark(wrong), None, "{wrong}");
        }
        assert_eq!(read("sctp/192.0.2.1:3868", "30"), None);
        for wrong in ["", "0", "-1", "+1", "1s", "established=900", "4294967296"] {
            assert_eq!(udp(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn are_shown_as_they_are_typed() {
        for (service, text) in [
            ("tcp/192.0.2.1:80", "established=900,fin=120"),
            ("tcp/192.0.2.1:80", "established=default,fin=120"),
            ("udp/192.0.2.1:53", "30"),
            ("mark/7", "established=900,fin=120,30"),
            ("mark/7", "fin=default,30"),
            ("mark/7", "30"),
        ] {
            let key = address::service(service).unwrap();
            assert_eq!(
                of_service(&key, Some(text)).unwrap().unwrap().to_string(),
                text
            );
        }
        assert_eq!(Timeouts::default().to_string(), "-");
    }
}
