// SPDX-License-Identifier: GPL-2.0-only

//! Errors of the grammar in the form of all errors.

use clap::error::{
    ContextKind,
    ContextValue,
    ErrorKind, //
};

use crate::error::Error;

/// Explains what clap found wrong.
pub(crate) fn explain(error: &clap::Error) -> Error {
    let argument = text(error, ContextKind::InvalidArg).map(|usage| name(&usage));
    let reason = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            return named(
                Error::usage("no such command"),
                text(error, ContextKind::InvalidSubcommand),
            );
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "command missing"
        }
        ErrorKind::UnknownArgument => "unknown argument",
        ErrorKind::MissingRequiredArgument => "missing",
        ErrorKind::ArgumentConflict => match text(error, ContextKind::PriorArg) {
            Some(prior) if Some(name(&prior)) == argument => "given twice",
            Some(prior) => {
                let reason = format!("cannot be combined with {}", name(&prior));
                return named(Error::usage(reason), argument);
            }
            None => "cannot be combined with the others",
        },
        ErrorKind::InvalidValue => "needs a value",
        _ => "not understood",
    };
    named(Error::usage(reason), argument)
}

fn named(error: Error, argument: Option<String>) -> Error {
    let error = error.hint("see: rvs-toa --help");
    match argument {
        Some(argument) => error.argument(argument),
        None => error,
    }
}

/// `--kind <NUMBER>` is `--kind` here, and `<ADDRESS>` is `ADDRESS`.
fn name(usage: &str) -> String {
    let word = if usage.starts_with('-') {
        usage.split([' ', '=']).next().unwrap_or(usage)
    } else {
        usage
    };
    word.trim_start_matches(['<', '['])
        .trim_end_matches(['>', '.'])
        .to_owned()
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    }
}
