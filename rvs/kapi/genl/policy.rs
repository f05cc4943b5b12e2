// SPDX-License-Identifier: GPL-2.0-only

//! Policies as the kernel wants them, made of the rules that the YAML specification gives.
//!
//! C header: [`include/net/netlink.h`](srctree/include/net/netlink.h) (`struct nla_policy`)

use kernel::prelude::*;

use crate::{
    bindings,
    logic::uapi::{
        Kind,
        Rule, //
    },
};

/// Policy tables, indexed by attribute type, and those of the nests within them.
pub(super) struct Policies(KVec<KVec<bindings::nla_policy>>);

/// One table: its address, stable as long as the [`Policies`] it is from, and its highest type.
#[derive(Clone, Copy)]
pub(super) struct Table {
    pub(super) policy: *const bindings::nla_policy,
    pub(super) max: u32,
}

impl Policies {
    pub(super) fn new() -> Self {
        Self(KVec::new())
    }

    /// Builds the table for `rules`. An operation without attributes gets a table that refuses
    /// every attribute, since a missing table would accept all of them.
    pub(super) fn table(&mut self, rules: &[Rule]) -> Result<Table> {
        let max = rules.iter().map(|rule| rule.attribute).max().unwrap_or(0);
        let mut table = KVec::with_capacity(usize::from(max) + 1, GFP_KERNEL)?;
        for attribute in 0..=max {
            let rule = rules.iter().find(|rule| rule.attribute == attribute);
            let entry = match rule {
                Some(rule) => self.entry(rule.kind)?,
                None => reject(),
            };
            table.push(entry, GFP_KERNEL)?;
        }
        let policy = table.as_ptr();
        self.0.push(table, GFP_KERNEL)?;
        Ok(Table {
            policy,
            max: max.into(),
        })
    }

    fn entry(&mut self, kind: Kind) -> Result<bindings::nla_policy> {
        let mut entry = bindings::nla_policy::default();
        match kind {
            Kind::U8 => entry.type_ = bindings::NLA_U8 as u8,
            Kind::U16 => entry.type_ = bindings::NLA_U16 as u8,
            Kind::U32 => entry.type_ = bindings::NLA_U32 as u8,
            Kind::Uint => entry.type_ = bindings::NLA_UINT as u8,
            Kind::U32Max(max) => {
                entry.type_ = bindings::NLA_U32 as u8;
                // The field is 16 bits wide and signed; a larger limit is checked by the kind of
                // range the kernel keeps outside of the entry, which needs an address for good.
                match i16::try_from(max) {
                    Ok(max) => {
                        entry.validation_type =
                            bindings::nla_policy_validation_NLA_VALIDATE_MAX as u8;
                        entry.__bindgen_anon_1.__bindgen_anon_1.max = max;
                    }
                    Err(_) => {
                        entry.validation_type =
                            bindings::nla_policy_validation_NLA_VALIDATE_RANGE_PTR as u8;
                        entry.__bindgen_anon_1.range = s32_max_range(max)?;
                    }
                }
            }
            Kind::U32Mask(mask) => {
                entry.type_ = bindings::NLA_U32 as u8;
                entry.validation_type = bindings::nla_policy_validation_NLA_VALIDATE_MASK as u8;
                entry.__bindgen_anon_1.mask = mask;
            }
            Kind::Exact(len) => {
                entry.type_ = bindings::NLA_BINARY as u8;
                entry.len = len;
                entry.validation_type = bindings::nla_policy_validation_NLA_VALIDATE_RANGE as u8;
                let len = i16::try_from(len)?;
                entry.__bindgen_anon_1.__bindgen_anon_1.min = len;
                entry.__bindgen_anon_1.__bindgen_anon_1.max = len;
            }
            Kind::AtMost(len) => {
                entry.type_ = bindings::NLA_BINARY as u8;
                entry.len = len;
            }
            Kind::AtLeast(len) => {
                entry.type_ = bindings::NLA_BINARY as u8;
                entry.validation_type = bindings::nla_policy_validation_NLA_VALIDATE_MIN as u8;
                entry.__bindgen_anon_1.__bindgen_anon_1.min = i16::try_from(len)?;
            }
            Kind::Str(len) => {
                entry.type_ = bindings::NLA_NUL_STRING as u8;
                entry.len = len;
            }
            Kind::Nested(rules) => {
                let table = self.table(rules)?;
                entry.type_ = bindings::NLA_NESTED as u8;
                entry.len = u16::try_from(table.max)?;
                entry.__bindgen_anon_1.nested_policy = table.policy;
            }
            Kind::Nest => entry.type_ = bindings::NLA_NESTED as u8,
        }
        Ok(entry)
    }
}

fn reject() -> bindings::nla_policy {
    bindings::nla_policy {
        type_: bindings::NLA_REJECT as u8,
        ..Default::default()
    }
}

/// The only limit of the specification that does not fit into an entry.
fn s32_max_range(max: u32) -> Result<*const bindings::netlink_range_validation> {
    static S32_MAX: bindings::netlink_range_validation = bindings::netlink_range_validation {
        min: 0,
        max: i32::MAX as u64,
    };
    if u64::from(max) != S32_MAX.max {
        return Err(EINVAL);
    }
    Ok(&S32_MAX)
}
