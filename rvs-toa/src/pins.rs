// SPDX-License-Identifier: GPL-2.0-only

//! What is pinned, and what it says. The names of settings and counters, by their numbers, are those of `bpf/toa.c`.

use std::{
    fs,
    io::ErrorKind,
    path::{
        Path,
        PathBuf, //
    },
};

use aya::maps::{
    lpm_trie::{
        Key,
        LpmTrie, //
    },
    Array,
    Map,
    MapData,
    MapError,
    PerCpuArray, //
};

use crate::{
    error::Error,
    prefix::{
        Prefix,
        KEY_LEN, //
    }, //
};

/// A setting.
#[derive(Clone, Copy)]
pub enum Setting {
    /// Whether the programs do anything.
    Active,
    /// The kind of the option.
    Kind,
    /// Whether everybody is believed.
    AnyDirector,
}

/// A counter.
#[derive(Clone, Copy)]
pub enum Counter {
    /// Connections of directors that had the option in the handshake.
    WithOption,
    /// That had it later.
    WithOptionLate,
    /// That had it not in the handshake.
    WithoutOption,
    /// Connections of others that had the option.
    Refused,
    /// Connections of others.
    Direct,
    /// Answers that an IPv4 socket could not be given.
    NotShown,
}

/// The maps that are pinned, by their names in the program.
pub const MAPS: [&str; 3] = ["settings", "counters", "directors"];
/// The links that are pinned, by the names of their programs.
pub const LINKS: [&str; 3] = ["read_option", "answer4", "answer6"];

type Directors = LpmTrie<MapData, [u8; KEY_LEN], u32>;

/// A directory of pins.
pub struct Pins {
    directory: PathBuf,
}

impl Pins {
    /// Those in a directory, if there are any.
    pub fn open(directory: &Path) -> Result<Self, Error> {
        match fs::metadata(directory) {
            Ok(_) => Ok(Self {
                directory: directory.to_owned(),
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Error::not_attached()),
            Err(error) => Err(Error::of_path(directory, &error)),
        }
    }

    /// Makes the directory. Whoever has made it attaches.
    pub fn create(directory: &Path) -> Result<Self, Error> {
        let pins = Self {
            directory: directory.to_owned(),
        };
        match fs::create_dir(directory) {
            Ok(()) => Ok(pins),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let reason = if pins.link(LINKS[0]).exists() {
                    "already attached"
                } else {
                    "is there, without programs"
                };
                Err(Error::refused(reason)
                    .argument(directory.display().to_string())
                    .hint("run: rvs-toa detach"))
            }
            Err(error) => Err(Error::of_path(directory, &error)),
        }
    }

    /// Where a map is pinned.
    pub fn map(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Where the link of a program is pinned.
    pub fn link(&self, program: &str) -> PathBuf {
        self.directory.join(format!("link_{program}"))
    }

    /// Removes all of it: first the links, so that no program runs without its maps.
    pub fn remove(&self) -> Result<(), Error> {
        let links = LINKS.iter().map(|name| self.link(name));
        let maps = MAPS.iter().map(|name| self.map(name));
        for path in links.chain(maps) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Error::of_path(&path, &error));
                }
                _ => {}
            }
        }
        fs::remove_dir(&self.directory).map_err(|error| Error::of_path(&self.directory, &error))
    }

    fn opened(&self, name: &str) -> Result<MapData, Error> {
        let path = self.map(name);
        if fs::metadata(&path).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            return Err(Error::not_attached());
        }
        MapData::from_pin(&path).map_err(|error| Error::of_kernel("a map of the programs", &error))
    }

    /// A setting.
    pub fn setting(&self, setting: Setting) -> Result<u32, Error> {
        let settings = Array::<_, u32>::try_from(Map::Array(self.opened("settings")?));
        let settings = settings.map_err(of_map)?;
        settings.get(&(setting as u32), 0).map_err(of_map)
    }

    /// Changes a setting.
    pub fn set(&self, setting: Setting, value: u32) -> Result<(), Error> {
        let settings = Array::<_, u32>::try_from(Map::Array(self.opened("settings")?));
        let mut settings = settings.map_err(of_map)?;
        settings.set(setting as u32, value, 0).map_err(of_map)
    }

    /// A counter, of all processors.
    pub fn counter(&self, counter: Counter) -> Result<u64, Error> {
        let counters = Map::PerCpuArray(self.opened("counters")?);
        let counters = PerCpuArray::<_, u64>::try_from(counters).map_err(of_map)?;
        let values = counters.get(&(counter as u32), 0).map_err(of_map)?;
        Ok(values.iter().sum())
    }

    fn trie(&self) -> Result<Directors, Error> {
        LpmTrie::try_from(Map::LpmTrie(self.opened("directors")?)).map_err(of_map)
    }

    /// The directors that are believed, in their order.
    pub fn directors(&self) -> Result<Vec<Prefix>, Error> {
        let mut found = Vec::new();
        for key in self.trie()?.keys() {
            let key = key.map_err(of_map)?;
            found.extend(Prefix::from_key(key.prefix_len(), key.data()));
        }
        found.sort();
        Ok(found)
    }

    /// Believes one more.
    pub fn add_director(&self, director: Prefix) -> Result<(), Error> {
        if self.directors()?.contains(&director) {
            return Err(Error::refused("is believed already").argument(director.to_string()));
        }
        let (bits, key) = director.to_key();
        let added = self.trie()?.insert(&Key::new(bits, key), 1, 0);
        added.map_err(|error| of_map(error).argument(director.to_string()))
    }

    /// Believes one no longer.
    pub fn remove_director(&self, director: Prefix) -> Result<(), Error> {
        if !self.directors()?.contains(&director) {
            return Err(Error::refused("no such director")
                .argument(director.to_string())
                .hint("see: rvs-toa director list"));
        }
        let (bits, key) = director.to_key();
        let removed = self.trie()?.remove(&Key::new(bits, key));
        removed.map_err(|error| of_map(error).argument(director.to_string()))
    }
}

fn of_map(error: MapError) -> Error {
    Error::of_kernel("a map of the programs", &error)
}
