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
/// The programs, whose links are pinned.
pub const PROGRAMS: [&str; 3] = ["read_option", "answer4", "answer6"];

/// What the names of links begin with.
const LINK: &str = "link_";

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
                let reason = match pins.links() {
                    Ok(links) if links.is_empty() => "is there, without programs",
                    _ => "already attached",
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
        self.directory.join(format!("{LINK}{program}"))
    }

    /// All that is there.
    fn entries(&self) -> Result<Vec<PathBuf>, Error> {
        let of_directory = |error| Error::of_path(&self.directory, &error);
        let entries = fs::read_dir(&self.directory).map_err(of_directory)?;
        entries
            .map(|entry| entry.map(|entry| entry.path()).map_err(of_directory))
            .collect()
    }

    fn links(&self) -> Result<Vec<PathBuf>, Error> {
        let is_link = |path: &PathBuf| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(LINK))
        };
        Ok(self.entries()?.into_iter().filter(is_link).collect())
    }

    /// Removes all of it: first the links, so that no program runs without its maps.
    pub fn remove(&self, maps: &[&str]) -> Result<(), Error> {
        let maps = maps.iter().map(|name| self.map(name));
        for path in self.links()?.into_iter().chain(maps) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Error::of_path(&path, &error));
                }
                _ => {}
            }
        }
        fs::remove_dir(&self.directory).map_err(|error| Error::of_path(&self.directory, &error))
    }

    /// A map that is pinned.
    pub fn opened(&self, name: &str) -> Result<MapData, Error> {
        let path = self.map(name);
        if fs::metadata(&path).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            return Err(Error::not_attached());
        }
        MapData::from_pin(&path).map_err(|error| Error::of_kernel("a map of the programs", &error))
    }

    /// A setting.
    pub fn setting(&self, setting: u32) -> Result<u32, Error> {
        let settings = Array::<_, u32>::try_from(Map::Array(self.opened("settings")?));
        let settings = settings.map_err(of_map)?;
        settings.get(&setting, 0).map_err(of_map)
    }

    /// Changes a setting.
    pub fn set(&self, setting: u32, value: u32) -> Result<(), Error> {
        let settings = Array::<_, u32>::try_from(Map::Array(self.opened("settings")?));
        let mut settings = settings.map_err(of_map)?;
        settings.set(setting, value, 0).map_err(of_map)
    }

    /// A counter, of all processors.
    pub fn counter(&self, counter: u32) -> Result<u64, Error> {
        let counters = Map::PerCpuArray(self.opened("counters")?);
        let counters = PerCpuArray::<_, u64>::try_from(counters).map_err(of_map)?;
        let values = counters.get(&counter, 0).map_err(of_map)?;
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

/// What the kernel said of a map.
pub fn of_map(error: MapError) -> Error {
    Error::of_kernel("a map of the programs", &error)
}
