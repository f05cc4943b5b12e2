// SPDX-License-Identifier: GPL-2.0-only

//! `/proc/net/ip_vs_app`: helpers for protocols, of which there are none.

use kernel::prelude::*;

use crate::{
    director::Director,
    kapi::net::{
        pernet::Namespace,
        proc::{
            File,
            Readers,
            Text, //
        },
    },
    logic::ipvs_text,
};

pub(super) struct Applications;

impl File for Applications {
    type Data = Director;
    type Place = ();

    const NAME: &'static CStr = c"ip_vs_app";
    const READERS: Readers = Readers::Anyone;

    fn show(_: &Namespace<Director>, (): (), text: &mut Text<'_>) -> Result<Option<()>> {
        text.put(format_args!("{}", ipvs_text::APPLICATIONS));
        Ok(None)
    }
}
