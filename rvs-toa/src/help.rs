// SPDX-License-Identifier: GPL-2.0-only

//! Examples, and what else stands below the options in each help.

pub(crate) const ROOT: &str = "\
Examples:
  rvs-toa attach --director 192.0.2.0/28 --director 2001:db8::/64
  rvs-toa status
  rvs-toa detach

A director that gives packets an address of its own tells the client's in a TCP
option. With this program attached, accept() and getpeername() of any program on
this host answer with the client, without a change to that program. The kernel
itself (ss, netfilter, routes) goes on knowing the director's address.

No process has to stay: what is attached is pinned in a BPF file system, and is
gone after a boot. Needs Linux 5.19 with CONFIG_CGROUP_BPF and BTF, and cgroups of
version 2.

What it cannot do:
  - connections that were complete before it was attached, or were made by TCP Fast
    Open with data in the SYN, have the director's address. So has one of which the
    option comes later than accept() was called, until it comes
  - an IPv4 socket cannot be told of an IPv6 client
  - UDP and other protocols; what a program reads from packets itself
  - after detach all have the director's address again, also when it is attached
    again

Exit code: 0 done, 1 the command line is wrong, 2 the kernel refused, 5 it is not
attached.";

pub(crate) const ATTACH: &str = "\
Examples:
  rvs-toa attach --director 192.0.2.10 --director 192.0.2.11
  rvs-toa attach --any-director --kind 200

Whoever reaches this host can send the option. Only that of directors is believed:
name their addresses, those that packets come from. Without any, and without
--any-director, nobody is believed, until one is added. Any is for hosts that only
directors reach.

The kind is the number that the directors use: 254 mostly, 200 and 253 are in the
field. The length of the option tells IPv4 from IPv6.";

pub(crate) const STATUS: &str = "\
Connections are counted when they are complete. One of a director without the
option is served with the director's address: its client left no room, or the
director does not send the option, or that of another kind.";

pub(crate) const DIRECTOR: &str = "\
Examples:
  rvs-toa director add 192.0.2.12
  rvs-toa director remove 192.0.2.0/28
  rvs-toa director list

A change holds for connections from then on.";

pub(crate) const ENAT: &str = "\
Examples:
  rvs-toa enat attach --device eth0
  rvs-toa enat add 192.0.2.1:80 8080
  rvs-toa enat status

The director sends packets as from the virtual address, with the client in a TCP
option. Here they become the client's, and replies go to the client straight, as
from the virtual address, which is configured nowhere on this host. TCP alone, and
not what has IP options, extension headers or fragments. Devices are those of the
network namespace in which this runs. Needs Linux 6.16 with
CONFIG_BPF_JIT.

With RVS as the director: rvsadm server add ... --enat (rvsadm server add --help).
A packet without the option is of the client that the one before was of, if its
connection began with one; else it is left as it is, and counted (without option):
the server answers the director, which resets the connection unless it has begun
so. Flows end with a RST, --linger seconds after FINs of both sides, or when others
need their place.";
