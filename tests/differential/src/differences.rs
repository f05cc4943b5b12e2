// SPDX-License-Identifier: GPL-2.0-only

//! The list of differences that there are to be, each with its reason.

use std::{
    fs,
    io,
    path::Path, //
};

/// What a difference on the list is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum About {
    Packets,
    Connections,
}

/// A difference that there is to be.
#[derive(Debug)]
pub(crate) struct Difference {
    pub(crate) name: String,
    about: About,
    /// Patterns of labels, one of which fits.
    labels: Vec<String>,
    /// Patterns of what C `ip_vs` does, and RVS.
    ip_vs: Vec<String>,
    rvs: Vec<String>,
    /// Whether what follows in the same flow is another matter then: its connection is another one.
    pub(crate) ends_flow: bool,
    /// Whether it need not occur with each seed.
    pub(crate) is_by_chance: bool,
    reason: String,
}

impl Difference {
    pub(crate) fn fits(&self, about: About, label: &str, ip_vs: &str, rvs: &str) -> bool {
        let any = |patterns: &[String], text: &str| {
            patterns
                .iter()
                .any(|pattern| glob(pattern.as_bytes(), text.as_bytes()))
        };
        self.about == about
            && any(&self.labels, label)
            && any(&self.ip_vs, ip_vs)
            && any(&self.rvs, rvs)
    }
}

/// Whether the text has this form; `*` stands for anything.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', pattern @ ..], _) => (0..=text.len()).any(|skip| glob(pattern, &text[skip..])),
        ([first, pattern @ ..], [same, text @ ..]) if first == same => glob(pattern, text),
        _ => false,
    }
}

/// Reads a list: paragraphs of lines `key: value`, where a line that begins with a blank goes on with the value of the
/// one before, and `#` begins a remark.
pub(crate) fn read(path: &Path) -> io::Result<Vec<Difference>> {
    let text = fs::read_to_string(path)?;
    parse(&text).map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
}

fn parse(text: &str) -> Result<Vec<Difference>, String> {
    let text: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    text.join("\n")
        .split("\n\n")
        .filter(|paragraph| !paragraph.trim().is_empty())
        .map(difference)
        .collect()
}

fn difference(paragraph: &str) -> Result<Difference, String> {
    let whole = paragraph.trim().replace("\n ", " ").replace("\n\t", " ");
    let mut difference = Difference {
        name: String::new(),
        about: About::Packets,
        labels: Vec::new(),
        ip_vs: Vec::new(),
        rvs: Vec::new(),
        ends_flow: false,
        is_by_chance: false,
        reason: String::new(),
    };
    for line in whole.lines() {
        let (key, value) = line
            .split_once(':')
            .ok_or_else(|| format!("no key: {line}"))?;
        let value = value.trim();
        let patterns = || value.split_whitespace().map(str::to_owned).collect();
        match key {
            "difference" => value.clone_into(&mut difference.name),
            "packets" => difference.labels = patterns(),
            "connections" => {
                difference.about = About::Connections;
                difference.labels = patterns();
            }
            "ip_vs" => difference.ip_vs = patterns(),
            "rvs" => difference.rvs = patterns(),
            "then" if value == "another flow" => difference.ends_flow = true,
            "occurs" if value == "by chance" => difference.is_by_chance = true,
            "reason" => value.clone_into(&mut difference.reason),
            _ => return Err(format!("unknown: {line}")),
        }
    }
    let Difference {
        name,
        labels,
        ip_vs,
        rvs,
        reason,
        ..
    } = &difference;
    if name.is_empty()
        || reason.is_empty()
        || [labels, ip_vs, rvs].iter().any(|list| list.is_empty())
    {
        return Err(format!("incomplete: {whole}"));
    }
    Ok(difference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_the_whole_text() {
        for (pattern, text, fits) in [
            ("tcp/*/nat", "tcp/first/nat", true),
            ("tcp/*/nat", "tcp/first/nat/S", false),
            ("*", "", true),
            ("a*b*c", "a-b-b-c", true),
            ("", "a", false),
        ] {
            assert_eq!(
                glob(pattern.as_bytes(), text.as_bytes()),
                fits,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn an_entry_says_what_and_why() {
        let list = parse(
            "# The list.\ndifference: one\npackets: a/* b/*\nip_vs: nothing\nrvs: servers:*\nthen: another flow\n\
             reason: because\n of this\n\ndifference: two\nconnections: c\nip_vs: none\nrvs: *\nreason: that\n",
        )
        .unwrap();
        assert_eq!(list.len(), 2);
        assert_eq!(list[0].reason, "because of this");
        assert!(list[0].ends_flow && !list[1].ends_flow);
        assert!(list[0].fits(About::Packets, "b/x", "nothing", "servers:tcp"));
        assert!(!list[0].fits(About::Connections, "b/x", "nothing", "servers:tcp"));
        assert!(!list[0].fits(About::Packets, "b/x", "nothing", "client:tcp"));
    }

    #[test]
    fn an_entry_without_a_reason_is_none() {
        assert!(parse("difference: one\npackets: a\nip_vs: b\nrvs: c\n").is_err());
        assert!(
            parse("difference: one\npackets: a\nip_vs: b\nrvs: c\nreason: d\nwhat: e\n").is_err()
        );
    }
}
