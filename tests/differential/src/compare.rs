// SPDX-License-Identifier: GPL-2.0-only

//! Holds what became of the packets with RVS against what became of them with C `ip_vs`.

use std::collections::{
    BTreeMap,
    HashMap,
    HashSet, //
};

use crate::{
    connections::Connection,
    differences::{
        About,
        Difference, //
    },
    fragments,
    stream::{
        Group,
        Step, //
    },
    summary,
    trace::{
        hex,
        Fate,
        Output, //
    },
    wire::describe, //
};

/// Where outputs have the same summary, but not the same bytes, this comes before the names of the fields.
const OTHER: &str = "other:";
/// Instead of a field: the packet has left in other fragments.
const CUT: &str = "cut";

/// A difference that is not on the list.
struct Found {
    count: usize,
    /// The first of them.
    lines: Vec<String>,
}

/// What the comparison has found.
pub(crate) struct Report {
    /// By what it is, so that one cause is told once.
    found: BTreeMap<String, Found>,
    /// How often each of the list was seen.
    seen: Vec<usize>,
    compared: usize,
    connections: usize,
    /// Packets of flows that a difference on the list has made other ones.
    passed_over: usize,
}

impl Report {
    pub(crate) fn new(listed: usize) -> Self {
        Self {
            found: BTreeMap::new(),
            seen: vec![0; listed],
            compared: 0,
            connections: 0,
            passed_over: 0,
        }
    }

    fn add(&mut self, what: String, lines: impl FnOnce() -> Vec<String>) {
        let found = self.found.entry(what).or_insert_with(|| Found {
            count: 0,
            lines: lines(),
        });
        found.count += 1;
    }

    /// Whether there is no difference but those on the list.
    pub(crate) fn is_same(&self) -> bool {
        // Nothing compared is nothing shown.
        self.found.is_empty() && self.compared > 0
    }

    /// What was found, `told` differences with all that belongs to them.
    pub(crate) fn text(&self, told: usize) -> String {
        let mut text = String::new();
        for (what, found) in self.found.iter().take(told) {
            text += &format!("{what}: {} times, first\n", found.count);
            for line in &found.lines {
                text += &format!("    {line}\n");
            }
        }
        if self.found.len() > told {
            let more = self.found.len() - told;
            text += &format!("and {more} more kinds of differences\n");
        }
        text + &format!(
            "{} packets and {} connections compared, {} as on the list, {} packets passed over after those\n",
            self.compared,
            self.connections,
            self.seen.iter().sum::<usize>(),
            self.passed_over
        )
    }

    /// Counts what another report has seen of the list, too.
    pub(crate) fn add_seen(&mut self, other: &Self) {
        for (count, more) in self.seen.iter_mut().zip(&other.seen) {
            *count += more;
        }
    }

    /// Whether all of the list was seen that has to be, and how often each was.
    pub(crate) fn seen_text(&self, list: &[Difference]) -> (bool, String) {
        let (mut is_complete, mut text) = (true, String::new());
        for (difference, count) in list.iter().zip(&self.seen) {
            text += &if *count == 0 && !difference.is_by_chance {
                is_complete = false;
                format!("does not occur any more: {}\n", difference.name)
            } else {
                format!("{count} times: {}\n", difference.name)
            };
        }
        (is_complete, text)
    }
}

/// How many packets of each family there are.
pub(crate) fn families(groups: &[Group]) -> BTreeMap<&str, usize> {
    let mut families = BTreeMap::new();
    for group in groups {
        *families.entry(group.family).or_default() += group.steps.len();
    }
    families
}

/// What became of the packets in a run, and what that is called.
pub(crate) type Named = (String, HashMap<usize, Fate>);

/// All that is compared.
pub(crate) struct Traces {
    pub(crate) groups: Vec<Group>,
    /// The differences that there are to be.
    pub(crate) list: Vec<Difference>,
    pub(crate) ip_vs: HashMap<usize, Fate>,
    /// Each is compared with `ip_vs`.
    pub(crate) rvs: Vec<Named>,
}

impl Traces {
    /// Compares the packets of a family, or all.
    pub(crate) fn compare(&self, family: Option<&str>, report: &mut Report) {
        for (name, rvs) in &self.rvs {
            self.compare_run(family, name, rvs, report);
        }
    }

    fn compare_run(
        &self,
        family: Option<&str>,
        name: &str,
        rvs: &HashMap<usize, Fate>,
        report: &mut Report,
    ) {
        let none = Fate::default();
        for (number, group) in self.groups.iter().enumerate() {
            if family.is_some_and(|family| group.family != family) {
                continue;
            }
            let comparison = Comparison {
                number,
                group,
                ip_vs: self.ip_vs.get(&number).unwrap_or(&none),
                rvs: rvs.get(&number).unwrap_or(&none),
                list: &self.list,
                name,
            };
            let others = comparison.packets(report);
            comparison.connections(&others, report);
        }
    }
}

struct Comparison<'a> {
    number: usize,
    group: &'a Group,
    ip_vs: &'a Fate,
    rvs: &'a Fate,
    list: &'a [Difference],
    name: &'a str,
}

impl Comparison<'_> {
    /// Compares what became of each packet. Returns the flows that are other ones now.
    fn packets(&self, report: &mut Report) -> HashSet<(u8, u16)> {
        let mut others = HashSet::new();
        for (at, step) in self.group.steps.iter().enumerate() {
            if step.flow.is_some_and(|flow| others.contains(&flow)) {
                report.passed_over += 1;
                continue;
            }
            report.compared += 1;
            let outputs = |fate: &'_ Fate| fate.outputs.get(&at).cloned().unwrap_or_default();
            let (ip_vs, rvs) = (outputs(self.ip_vs), outputs(self.rvs));
            let Some((ip_vs_word, rvs_word)) = difference(step, &ip_vs, &rvs) else {
                continue;
            };
            match self.listed(About::Packets, &step.label, &ip_vs_word, &rvs_word, report) {
                Some(listed) => {
                    if listed.ends_flow {
                        others.extend(step.flow);
                    }
                }
                None => {
                    let what = format!("{}: {} {ip_vs_word} => {rvs_word}", self.name, step.label);
                    report.add(what, || self.told(at, step, &ip_vs, &rvs));
                }
            }
        }
        others
    }

    /// The difference on the list that this one is.
    fn listed(
        &self,
        about: About,
        label: &str,
        ip_vs: &str,
        rvs: &str,
        report: &mut Report,
    ) -> Option<&Difference> {
        let at = self
            .list
            .iter()
            .position(|listed| listed.fits(about, label, ip_vs, rvs))?;
        report.seen[at] += 1;
        self.list.get(at)
    }

    /// All that helps to see where a difference comes from, the packets of the same flow before it included.
    fn told(&self, at: usize, step: &Step, ip_vs: &[Output], rvs: &[Output]) -> Vec<String> {
        let mut lines = vec![
            format!(
                "group {} packet {at}, from {}: {}",
                self.number,
                step.side.name(),
                describe(&step.packet)
            ),
            format!("offload {:?}, bytes {}", step.offload, hex(&step.packet)),
        ];
        let same_flow = |earlier: &&Step| step.flow.is_some() && earlier.flow == step.flow;
        let before: Vec<&Step> = self.group.steps[..at].iter().filter(same_flow).collect();
        for earlier in &before[before.len().saturating_sub(4)..] {
            lines.push(format!(
                "before: {}: {}",
                earlier.side.name(),
                describe(&earlier.packet)
            ));
        }
        for (name, outputs) in [("ip_vs", ip_vs), ("rvs", rvs)] {
            let described = summary::lines(outputs);
            for (line, output) in described.iter().zip(outputs) {
                lines.push(format!("{name}: {line}"));
                lines.push(format!("{name}: {}", hex(&output.bytes)));
            }
        }
        lines
    }

    /// Compares the connections that there are after the group.
    fn connections(&self, others: &HashSet<(u8, u16)>, report: &mut Report) {
        let mut keys: Vec<_> = self.group.flows.iter().collect();
        keys.sort();
        for (key, label) in keys {
            if others.contains(key) {
                continue;
            }
            report.connections += 1;
            let [ip_vs, rvs] = [self.ip_vs, self.rvs].map(|fate| of_flow(&fate.connections, *key));
            if ip_vs == rvs {
                continue;
            }
            let words = [&ip_vs, &rvs].map(|connections| states(connections));
            let [ip_vs_word, rvs_word] = words;
            let rvs_word = if ip_vs_word == rvs_word {
                "other-ends".to_owned()
            } else {
                rvs_word
            };
            if self
                .listed(About::Connections, label, &ip_vs_word, &rvs_word, report)
                .is_some()
            {
                continue;
            }
            let what = format!(
                "{}: connection of {label} {ip_vs_word} => {rvs_word}",
                self.name
            );
            report.add(what, || {
                let steps = self
                    .group
                    .steps
                    .iter()
                    .filter(|step| step.flow == Some(*key));
                let sent = steps
                    .map(|step| format!("sent: {}: {}", step.side.name(), describe(&step.packet)));
                let tell = |name: &'static str, connections: Vec<Connection>| {
                    connections
                        .into_iter()
                        .map(move |connection| format!("{name}: {connection}"))
                };
                sent.take(12)
                    .chain(tell("ip_vs", ip_vs))
                    .chain(tell("rvs", rvs))
                    .collect()
            });
        }
    }
}

/// The connections of a flow, in order.
fn of_flow(connections: &[Connection], key: (u8, u16)) -> Vec<Connection> {
    let mut connections: Vec<_> = connections
        .iter()
        .filter(|connection| connection.key() == key)
        .cloned()
        .collect();
    connections.sort();
    connections
}

/// The states of connections in a word.
fn states(connections: &[Connection]) -> String {
    match connections {
        [] => "none".to_owned(),
        connections => {
            let states: Vec<&str> = connections
                .iter()
                .map(|connection| &connection.state[..])
                .collect();
            states.join("+")
        }
    }
}

/// How what came of a packet differs, if it does.
fn difference(step: &Step, ip_vs: &[Output], rvs: &[Output]) -> Option<(String, String)> {
    let words = (summary::of(ip_vs), summary::of(rvs));
    let mut fields: Vec<String> = Vec::new();
    for (ip_vs, rvs) in ip_vs.iter().zip(rvs) {
        fields.extend(summary::fields(step, ip_vs, rvs));
    }
    if words.0 == words.1 && fields.is_empty() {
        return None;
    }
    if let Some(fields_of_whole) = cut_otherwise(step, ip_vs, rvs) {
        fields = fields_of_whole;
    } else if words.0 != words.1 {
        return Some(words);
    }
    fields.sort();
    fields.dedup();
    Some((words.0, format!("{OTHER}{}", fields.join(","))))
}

/// How one packet of IPv6 differs that has left in other fragments with RVS.
fn cut_otherwise(step: &Step, ip_vs: &[Output], rvs: &[Output]) -> Option<Vec<String>> {
    let lengths = |outputs: &[Output]| -> Vec<usize> {
        outputs.iter().map(|output| output.bytes.len()).collect()
    };
    if lengths(ip_vs) == lengths(rvs) {
        return None;
    }
    let mut fields = summary::fields(step, &fragments::whole(ip_vs)?, &fragments::whole(rvs)?);
    // Otherwise they are of different lengths for another reason.
    (!fields.iter().any(|field| field == "size")).then(|| {
        fields.push(CUT.to_owned());
        fields
    })
}
