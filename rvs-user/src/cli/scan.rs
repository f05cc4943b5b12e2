// SPDX-License-Identifier: GPL-2.0-only

//! What can be told of a command line that does not parse.

use std::ffi::OsString;

use clap::Command;

/// The command that the words name, such as `service add`.
pub(super) fn command_path(root: &Command, words: &[OsString]) -> Vec<String> {
    let mut command = root;
    let mut path = Vec::new();
    let mut words = words.iter().skip(1).filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        if takes_next_word(word) {
            words.next();
            continue;
        }
        if word.starts_with('-') {
            continue;
        }
        match command.find_subcommand(word) {
            Some(found) => {
                path.push(found.get_name().to_owned());
                command = found;
            }
            None => break,
        }
    }
    path
}

/// Whether the words ask for JSON, in any spelling of the option.
pub(super) fn wants_json(words: &[OsString]) -> bool {
    let mut words = words.iter().skip(1).filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        if word == "--json" {
            return true;
        }
        if let Some(flags) = short_flags(word) {
            // What follows n is the name of a namespace.
            if flags
                .chars()
                .take_while(|&flag| flag != 'n')
                .any(|flag| flag == 'j')
            {
                return true;
            }
        }
        if takes_next_word(word) {
            words.next();
        }
    }
    false
}

/// Whether the word is an option whose value is the next word. Only the global
/// one can stand before a command.
fn takes_next_word(word: &str) -> bool {
    word == "--netns" || short_flags(word).is_some_and(|flags| flags.ends_with('n'))
}

fn short_flags(word: &str) -> Option<&str> {
    word.strip_prefix('-')
        .filter(|flags| !flags.starts_with('-'))
}
