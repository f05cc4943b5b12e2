// SPDX-License-Identifier: GPL-2.0-only

//! What counts as a value of an attribute in the family that IPVS has, and masks that clients are told apart by.

use rvs_logic::logic::{
    addr::{
        Addr,
        Family, //
    },
    liberal::is_valid,
    persistence::{
        Engine,
        Mask,
        Persistence, //
    },
    uapi::Kind,
};

use crate::input::Input;

pub(crate) fn any_bytes(data: &[u8]) {
    let mut input = Input::new(data);
    mask(&mut input);
    let most = u16::from(input.byte());
    let payload = input.rest();
    // C: NLA_NUL_STRING in validate_nla().
    let is_within = |len: usize| len <= usize::from(most);
    let nul = payload.iter().position(|byte| *byte == 0);
    let without_last = payload.strip_suffix(&[0]).unwrap_or(payload);
    assert_eq!(
        is_valid(Kind::Str(most), payload),
        nul.is_some_and(is_within) && is_within(without_last.len())
    );
    assert_eq!(
        is_valid(Kind::AtMost(most), payload),
        is_within(payload.len())
    );
    assert_eq!(
        is_valid(Kind::Exact(most), payload),
        payload.len() == usize::from(most)
    );
    assert_eq!(is_valid(Kind::U32, payload), payload.len() >= 4);
}

fn mask(input: &mut Input<'_>) {
    let client = input.addr();
    let (bytes, timeout) = (input.bytes::<4>(), input.double_word());
    for family in Family::ALL {
        let Some(mask) = Mask::from_bytes(family, bytes) else {
            continue;
        };
        assert_eq!(mask.to_bytes(), bytes);
        assert_eq!(mask.of(mask.of(client)), mask.of(client));
        assert_eq!(mask.of(client).family(), client.family());
        if let (Some(bits), Addr::V6(client), Mask::V6(_)) = (mask.prefix(), client, mask) {
            let Addr::V6(kept) = mask.of(Addr::V6(client)) else {
                unreachable!("it is of the same family");
            };
            let differ = (kept.to_bits() ^ client.to_bits()).leading_zeros();
            assert!(differ >= bits && kept.to_bits().trailing_zeros() >= 128 - bits);
        }
        for engine in Engine::ALL.map(Some).into_iter().chain([None]) {
            let persistence = Persistence {
                timeout: timeout.min(Persistence::MAX_TIMEOUT),
                mask,
                engine,
            };
            let number = Persistence::to_u64(Some(persistence));
            assert_eq!(Persistence::from_u64(number), Some(persistence));
        }
    }
    assert_eq!(Persistence::to_u64(None), 0);
}
