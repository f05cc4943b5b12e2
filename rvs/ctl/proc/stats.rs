// SPDX-License-Identifier: GPL-2.0-only

//! `/proc/net/ip_vs_stats`: what the services of a namespace have counted.

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
};

use super::totals;

pub(super) struct Stats;

impl File for Stats {
    type Data = Director;
    type Place = ();

    const NAME: &'static CStr = c"ip_vs_stats";
    const READERS: Readers = Readers::Anyone;

    fn show(namespace: &Namespace<Director>, (): (), text: &mut Text<'_>) -> Result<Option<()>> {
        text.put(format_args!("{}", totals::of(namespace.data())));
        Ok(None)
    }
}
