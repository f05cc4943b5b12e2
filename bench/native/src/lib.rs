// SPDX-License-Identifier: GPL-2.0-only

//! What the module decides for a packet or a connection, as operations that can be timed and
//! counted on the host, without a kernel around them.

mod operation;
mod packet;
mod pick;
#[path = "../../../tests/logic/support/service.rs"]
mod service;
#[path = "../../../tests/logic/support/table.rs"]
mod table;
mod tuples;

pub use operation::Operation;

/// Every operation, the one that does nothing first: what it costs is the others' floor.
pub fn all() -> Vec<Operation> {
    let mut operations = vec![Operation::new("nothing", || ())];
    operations.extend(tuples::operations());
    operations.extend(packet::operations());
    operations.extend(pick::operations());
    operations
}
