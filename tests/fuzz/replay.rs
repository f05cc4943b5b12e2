// SPDX-License-Identifier: GPL-2.0-only

//! Each target sees its corpus, the stored bytes and what little changes make of them.

use std::{
    collections::BTreeSet,
    fs,
    path::{
        Path,
        PathBuf, //
    }, //
};

use rvs_fuzz::{
    run,
    TARGETS, //
};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn names(directory: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(directory).expect("there is such a directory");
    entries
        .map(|entry| {
            entry
                .expect("it can be read")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .collect()
}

/// What the fuzzer would do first: a bit, a byte or the end of it is another.
fn neighbours(data: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let shorter = (0..data.len()).map(|len| data[..len].to_vec());
    let changed = (0..data.len()).flat_map(move |at| {
        [1u8, 0x10, 0x80, 0xff].map(|change| {
            let mut data = data.to_vec();
            data[at] ^= change;
            data
        })
    });
    shorter.chain(changed)
}

fn replay(name: &str) {
    let directory = corpus().join(name);
    let files = names(&directory);
    assert!(files.len() > 2, "{name} has a corpus");
    for file in files {
        let data = fs::read(directory.join(&file)).expect("it can be read");
        let seen = std::panic::catch_unwind(|| {
            run(name, &data);
            for neighbour in neighbours(&data) {
                run(name, &neighbour);
            }
        });
        assert!(seen.is_ok(), "{name}: {file}, or what is next to it");
    }
}

macro_rules! replays {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            replay(stringify!($name));
        })*

        #[test]
        fn each_target_is_replayed_and_has_a_program() {
            let replayed: BTreeSet<_> = [$(stringify!($name).to_owned()),*].into();
            let targets: BTreeSet<_> = TARGETS.iter().map(|target| target.0.to_owned()).collect();
            assert_eq!(replayed, targets);
            assert_eq!(names(&corpus()), targets);
            let programs: BTreeSet<_> = names(&corpus().join("../libfuzzer/targets"))
                .iter()
                .map(|file| file.trim_end_matches(".rs").to_owned())
                .collect();
            assert_eq!(programs, targets);
        }
    };
}

replays! {
    attributes call_id csum encapsulation families filter ftp header icmp_error nat packet reset sequence service_key state
    text toa tunnel_error
}
