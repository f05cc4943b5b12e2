// SPDX-License-Identifier: GPL-2.0-only

//! The headers of tunnels: what is written is read again, and what is read is within its bounds.

use rvs_logic::logic::packet::{
    gre,
    gue::{
        self,
        RemoteChecksum, //
    },
    ip::{
        Version,
        V4,
        V6, //
    }, //
};

use crate::input::{
    step_by_step,
    Input, //
};

pub(crate) fn any_bytes(data: &[u8]) {
    read::<V4>(data);
    read::<V6>(data);
    written::<V4, V6>(&mut Input::new(data));
    written::<V6, V4>(&mut Input::new(data));
}

fn read<I: Version>(data: &[u8]) {
    let offset = usize::from(Input::new(data).byte() & 63);
    if let Ok(len) = step_by_step(data, |bytes| gre::parse::<I>(bytes, offset)) {
        assert!([4, 8].contains(&len));
        assert_eq!(
            data[offset + 2..offset + 4],
            I::ETHERNET_TYPE.to_be_bytes(),
            "it is one of this version"
        );
    }
    if let Ok((len, port)) = step_by_step(data, |bytes| gue::parse::<I>(bytes, offset)) {
        assert!((12..=12 + 31 * 4).contains(&len) && len % 4 == 0);
        assert_eq!(port.to_be_bytes(), data[offset + 2..offset + 4]);
        assert_eq!(data[offset + 9], I::AS_PAYLOAD);
    }
}

/// A header for a packet of the version `I`, which is none of the version `O`.
fn written<I: Version, O: Version>(input: &mut Input<'_>) {
    let has_checksum = input.flag();
    let len = gre::header_len(has_checksum);
    let mut bytes = vec![0xa5; len];
    gre::write::<I>(&mut bytes, has_checksum).expect("there is room");
    assert_eq!(gre::parse::<I>(&bytes, 0), Ok(len));
    assert!(gre::parse::<O>(&bytes, 0).is_err());

    let (src_port, dst_port, inner_len) = (input.word(), input.word(), input.double_word());
    let remote = input.flag().then(|| RemoteChecksum {
        start: input.word(),
        field: input.word(),
    });
    let len = gue::header_len(remote.is_some());
    let mut bytes = vec![0xa5; len];
    gue::write::<I>(&mut bytes, inner_len as usize, src_port, dst_port, remote)
        .expect("there is room");
    assert_eq!(gue::parse::<I>(&bytes, 0), Ok((len, dst_port)));
    assert!(gue::parse::<O>(&bytes, 0).is_err());
    assert_eq!(src_port.to_be_bytes(), bytes[..2]);
    // The length of UDP is that of all, where it can be told (RFC 768).
    let all = u16::try_from(len as u64 + u64::from(inner_len)).unwrap_or(0);
    assert_eq!(all.to_be_bytes(), bytes[4..6]);
}
