// SPDX-License-Identifier: GPL-2.0-only

//! Errors of the grammar in the form of all errors.

use clap::error::ContextKind;
use clap::error::ContextValue;
use clap::error::ErrorKind;
use clap::Command;

use crate::error::Error;

/// Explains what clap found wrong in a command line for the command at `path`.
pub(super) fn explain(error: &clap::Error, root: &Command, path: &[String]) -> Error {
    let invalid = argument(error);
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let word = text(error, ContextKind::InvalidSubcommand).unwrap_or_default();
            Error::usage("no such command")
                .argument(word)
                .hint(format!("use {}", subcommands(root, path)))
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Error::usage("command missing").hint(format!("use {}", subcommands(root, path)))
        }
        ErrorKind::UnknownArgument => {
            let reason = match &invalid {
                Some(name) if name.starts_with('-') => "unknown option",
                _ => "unexpected argument",
            };
            let suggestion = text(error, ContextKind::SuggestedArg);
            let hint = suggestion.map_or_else(|| see_help(path), |s| format!("did you mean {s}?"));
            with_argument(Error::usage(reason), invalid).hint(hint)
        }
        ErrorKind::MissingRequiredArgument => {
            with_argument(Error::usage("missing"), invalid).hint(see_help(path))
        }
        ErrorKind::ArgumentConflict => {
            let reason = match text(error, ContextKind::PriorArg).map(|prior| name(&prior)) {
                Some(prior) if Some(&prior) == invalid.as_ref() => "given twice".to_owned(),
                Some(prior) => format!("cannot be combined with {prior}"),
                None => "cannot be combined with the others".to_owned(),
            };
            with_argument(Error::usage(reason), invalid).hint("give one")
        }
        ErrorKind::InvalidValue => invalid_value(error, invalid, path),
        _ => {
            let rendered = error.to_string();
            let line = rendered.lines().next().unwrap_or_default();
            let reason = line.strip_prefix("error: ").unwrap_or(line);
            with_argument(Error::usage(reason), invalid).hint(see_help(path))
        }
    }
}

fn invalid_value(error: &clap::Error, invalid: Option<String>, path: &[String]) -> Error {
    let value = text(error, ContextKind::InvalidValue).unwrap_or_default();
    let allowed = list(error, ContextKind::ValidValue);
    if value.is_empty() && allowed.is_empty() {
        return with_argument(Error::usage("needs a value"), invalid).hint(see_help(path));
    }
    let reason = if value.is_empty() {
        "needs a value"
    } else {
        "no such choice"
    };
    let typed = invalid.map(|name| format!("{name} {value}").trim_end().to_owned());
    with_argument(Error::usage(reason), typed).hint(format!("use {}", alternatives(&allowed)))
}

fn with_argument(error: Error, argument: Option<String>) -> Error {
    match argument {
        Some(argument) => error.argument(argument),
        None => error,
    }
}

/// The (first) argument at fault: the option, or the name of the value.
fn argument(error: &clap::Error) -> Option<String> {
    list(error, ContextKind::InvalidArg)
        .first()
        .map(|usage| name(usage))
}

/// `--weight <N>` is `--weight` here, `<SERVICE>` is `SERVICE`, and `<ADDRESSES>...` is `ADDRESSES`.
fn name(usage: &str) -> String {
    let usage = usage.strip_suffix("...").unwrap_or(usage);
    let word = match usage.strip_prefix('-') {
        Some(_) => usage.split([' ', '=']).next().unwrap_or(usage),
        None => usage,
    };
    word.trim_start_matches(['<', '['])
        .strip_suffix('>')
        .map_or_else(|| word.to_owned(), str::to_owned)
}

fn see_help(path: &[String]) -> String {
    let mut words = vec!["rvsadm"];
    words.extend(path.iter().map(String::as_str));
    words.push("--help");
    format!("see {}", words.join(" "))
}

/// The commands below the one at `path`.
fn subcommands(root: &Command, path: &[String]) -> String {
    let command = path.iter().fold(root, |command, name| {
        command.find_subcommand(name).unwrap_or(command)
    });
    let names: Vec<_> = command
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(|command| command.get_name().to_owned())
        .collect();
    alternatives(&names)
}

fn alternatives(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    list(error, kind).into_iter().next()
}

fn list(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}
