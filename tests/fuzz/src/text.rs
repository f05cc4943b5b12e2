// SPDX-License-Identifier: GPL-2.0-only

//! Lines of `/proc/net/ip_vs`: one line each, of ASCII, whatever the values.

use std::fmt::Display;

use rvs_logic::logic::ipvs_text::{
    Destination,
    Service, //
};

use crate::input::Input;

pub(crate) fn any_bytes(data: &[u8]) {
    let mut input = Input::new(data);
    let key = input.service_key();
    is_line(&Service {
        key: &key,
        scheduler: "wlc",
        one_packet: input.flag(),
        persistence: None,
    });
    is_line(&Destination {
        endpoint: input.endpoint(),
        forward: "Masq",
        weight: input.double_word(),
        active: input.double_word(),
        inactive: input.double_word(),
    });
}

fn is_line(text: &impl Display) {
    let text = text.to_string();
    let line = text.strip_suffix('\n').expect("it is a line");
    let is_printable = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    assert!(line.bytes().all(is_printable), "{line:?}");
    // The longest of IPv6, with the widest numbers.
    assert!(line.len() < 160, "{line}");
}
