// SPDX-License-Identifier: GPL-2.0-only

//! What names services: where they are looked for is where they are, and their order is one.

use std::cmp::Ordering;

use rvs_logic::logic::service_key::{
    Levels,
    Place,
    Ports,
    ServiceKey, //
};

use crate::input::Input;

pub(crate) fn any_bytes(data: &[u8]) {
    let mut input = Input::new(data);
    let [one, other] = [(); 2].map(|()| input.service_key());
    for key in [one, other] {
        found(&key, input.word());
    }
    assert_eq!(one.cmp(&other), other.cmp(&one).reverse());
    assert_eq!(one.cmp(&other) == Ordering::Equal, one == other);
    assert_eq!(one.overlaps(&other), other.overlaps(&one));
    if one != other && !one.overlaps(&other) {
        assert_ne!(one.place(), other.place(), "two services in one place");
    }
    if one.place() == other.place() {
        assert_eq!(one.place().hash(), other.place().hash());
    }
    for (key, place) in [
        (one, other.place()),
        (other, one.place()),
        (one, one.place()),
    ] {
        assert_eq!(key.is_at(&place), key.place() == place);
    }
}

/// A packet to a port of the service looks into the place where it is.
fn found(key: &ServiceKey, any_port: u16) {
    let ServiceKey::Address {
        protocol,
        addr,
        ports,
    } = *key
    else {
        return;
    };
    let Ports::Range(range) = ports else {
        assert!(!key.leaves_out(any_port));
        return;
    };
    assert_eq!(key.leaves_out(any_port), !range.contains(any_port));
    let levels = Levels::from_bits(1 << (range.level() - 1));
    for port in [range.first(), range.last(), any_port] {
        if range.contains(port) {
            let places: Vec<Place> = levels.places(protocol, addr, port).collect();
            assert_eq!(places, [key.place()], "of port {port}");
        }
    }
    // Each port has a place at each level, and no more than those.
    let all = Levels::from_bits(u32::MAX).places(protocol, addr, any_port);
    assert_eq!(all.count(), Levels::COUNT);
}
