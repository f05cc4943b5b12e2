// SPDX-License-Identifier: GPL-2.0-only

//! Tells what to do where the programs of BPF have not been compiled.

use std::path::Path;

fn main() {
    for object in ["toa.o", "enat.o"] {
        let object = format!("{}/../build/bpf/{object}", env!("CARGO_MANIFEST_DIR"));
        println!("cargo::rerun-if-changed={object}");
        if !Path::new(&object).exists() {
            println!("cargo::error=the programs of BPF are not there: run make rvs-toa");
        }
    }
}
