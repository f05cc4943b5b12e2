// SPDX-License-Identifier: GPL-2.0-only

//! Examples, and what else stands below the options in each help.

pub(super) const ROOT: &str = "\
Examples:
  rvsadm service add tcp/192.0.2.1:80 --nat
  rvsadm server add tcp/192.0.2.1:80 10.0.0.2:8080 --weight 2
  rvsadm show

Addresses are numeric. Exit code: 0 done, 1 the command line is wrong,
2 the kernel refused, 5 the module is not loaded.";

pub(super) const SERVICE: &str = "\
Examples:
  rvsadm service add tcp/192.0.2.1:80 --nat
  rvsadm service list";

pub(super) const SERVICE_ADD: &str = "\
A service is one port of an address, tcp/192.0.2.1:80, a range of ports,
tcp/192.0.2.1:8000-8999, all ports, tcp/192.0.2.1:*, of tcp, udp or sctp, or what
the firewall gives a mark, mark/7 (of IPv4, as mark/7/ipv4), whatever its
protocol, address and port. The mark comes first, then the port, the range, all ports. Ranges of one
address do not overlap.

The forward method is that of servers which are added without one.

Schedulers:
  rr    each server in turn
  wrr   in turn, by weight
  lc    the server with the fewest connections, active ones first
  wlc   the fewest for its weight
  sed   the fewest active ones for its weight, the new one counted in
  nq    one without active connections; where all have some, as sed
  twos  of two drawn by weight, the one with the fewest for its weight
  sh    by the client's address; changes of the servers move many clients
  mh    by the client's address; changes of the servers move few clients
  dh    by the address that the packet is for
  lblc  by that address, to the server that it had before; to another, as by wlc,
        when that has more active connections than weight and some other one
        less than half as many
  lblcr the same with several servers for an address, of which it takes the one
        that wlc would take
  fo    the one with the greatest weight
  ovf   the same, until it has more active connections than weight; then the next
  none  no server gets new connections
Flags of sh and mh:
  port      hash the client's port too, so that its connections spread
  fallback  choose another server where the client's takes no new connections

On the fast path later packets of a flow skip netfilter's chains, conntrack and
rp_filter, both ways; see docs/fast-path.md. The sysctl net.rvs.fast_path turns
it off for all services of a network namespace.

Timeouts that are not given are those of the namespace; see: rvsadm timeouts

Flows of a mark are never fast: the firewall is asked for each packet.

With --one-packet on each datagram is scheduled by itself and makes no
connection. With NAT its answers do not come from the virtual address.

A client of a persistent service keeps its server: weight 0 and thresholds keep
new clients out, not its own; see also net.rvs.expire_quiescent_template. With
--persistent 300/24 the clients of a network are one; a mask may be written out.
Of IPv6 it is a number of bits, 1 to 128: --persistent 300/64. With ,sip behind
it is the calls of SIP over UDP that keep their server, by Call-ID and client.

--removal says what becomes of connections whose server is removed:
  default  what the sysctl net.ipv4.vs.expire_nodest_conn says: keep, or expire
  keep     packets are dropped until the server returns
  expire   they end; datagrams, and a SYN sent again, reach another server
  reset    as expire, and both ends of a TCP connection get a RST when either
           sends something else; not with the last service of the namespace,
           as no packet is looked at without any

By full NAT packets come from an address of the director. Real servers are told
of their client by an option of TCP (TOA), which rvs-toa reads there; see
docs/rvs-toa.md. --toa says whether connections that begin do so:
  default  those by full NAT
  on       those by NAT, too; not those of FTP, to port 21
  off      none
Options of that kind which clients send themselves are taken out of them. The
sysctl net.rvs.toa_kind is the kind, 254.

Examples:
  rvsadm service add tcp/192.0.2.1:80 --nat
  rvsadm service add tcp/[2001:db8::1]:80 --nat
  rvsadm service add tcp/192.0.2.1:* --nat
  rvsadm service add tcp/192.0.2.1:8000-8999 --nat
  rvsadm service add mark/7 --nat
  rvsadm service add mark/7/ipv6 --nat
  rvsadm service add udp/192.0.2.1:514 --one-packet on --dr
  rvsadm service add tcp/192.0.2.1:443 --persistent 300/24 --nat
  rvsadm service add tcp/192.0.2.1:443 --pool web --fullnat
  rvsadm service add tcp/192.0.2.1:25 --pool web --fullnat --toa off
  rvsadm service add tcp/192.0.2.1:80 --nat --toa on
  rvsadm service add udp/192.0.2.1:5060 --persistent 300,sip --nat
  rvsadm service add tcp/192.0.2.1:80 --scheduler mh --scheduler-flags port,fallback
  rvsadm service add tcp/192.0.2.1:443 --nat --fast-path off
  rvsadm service add tcp/192.0.2.1:5432 --nat --timeout established=86400,fin=30
  rvsadm service add tcp/192.0.2.1:443 --nat --removal reset
  rvsadm service add udp/192.0.2.1:53 --scheduler rr --dr --timeout 10
  rvsadm service add sctp/192.0.2.1:3868 --dr";

pub(super) const SERVICE_SET: &str = "\
A new forward method holds for servers added from then on. Another scheduler
begins without flags.

--fast-path, --removal and --timeout hold for connections that exist, too. With
the word default the timeout is that of the namespace again. --toa holds for
connections that begin from then on.

Examples:
  rvsadm service set tcp/192.0.2.1:80 --scheduler rr
  rvsadm service set tcp/192.0.2.1:443 --persistent off
  rvsadm service set tcp/192.0.2.1:80 --timeout established=3600,fin=default
  rvsadm service set udp/192.0.2.1:53 --timeout default
  rvsadm service set udp/192.0.2.1:53 --removal expire
  rvsadm service set tcp/192.0.2.1:80 --toa off
  rvsadm service set tcp/192.0.2.1:80 --fast-path off";

pub(super) const SERVICE_DEL: &str = "\
Examples:
  rvsadm service del tcp/192.0.2.1:80";

pub(super) const SERVICE_LIST: &str = "\
Examples:
  rvsadm service list
  rvsadm --json service list";

pub(super) const SERVER: &str = "\
Examples:
  rvsadm server add tcp/192.0.2.1:80 10.0.0.2:8080 --weight 2
  rvsadm server set tcp/192.0.2.1:80 10.0.0.2:8080 --weight 0";

pub(super) const SERVER_ADD: &str = "\
Without a forward method the server gets that of the service. Only NAT, full or
not, can reach a port other than the service's. Where that has more than one, a server
without a port gets packets on the port they come for.

By --dr and --tun packets stay as they are, so another port is a mistake, but with
--keep-port: it is a part of the server's name then and nothing else, as with IPVS.
So rvsadm save writes servers that other tools have added on another port.

A tunnel reaches servers of either address family, whichever the service is of.

By full NAT a server may be anywhere: it sees packets from an address of the
service's pool (rvsadm pool --help) instead of the client's, and answers there. It
has to reach that by way of the director, which forwards nothing else for it.
Of TCP and UDP.

By ENAT a server may be anywhere, too: it gets packets from the service's address,
with a port of the pool, which has to have that address, and with the client in a
TCP option. Its half, rvs-toa enat, makes them packets of the client, which it
answers straight. A server without is seen: both ends get a RST, and it is counted
(enat,no-half=N in rvsadm show). A client that leaves no room for the option is
served as by full NAT. Of TCP alone. Not for servers on the director itself.

Thresholds count active and inactive connections, so a closed one counts until
it times out. Where all servers are full, clients are refused.

What a tunnel puts packets into, behind the outer IP header:
  ipip  nothing (RFC 2003)
  gre   a header of GRE (RFC 2784)
  gue   one of UDP, to --tun-port, and one of GUE: NATs and firewalls know UDP, and
        routers spread flows by its source port, which is the flow's
Checksums of gre and gue:
  none    no checksum beside that of the packet within
  full    one over all of it
  remote  as full, but the server makes the one within where the director has none
          made yet (gue alone; Linux: its tunnel needs encap-remcsum)

Examples:
  rvsadm server add tcp/192.0.2.1:80 10.0.0.2
  rvsadm server add tcp/[2001:db8::1]:80 2001:db8:1::2
  rvsadm server add tcp/192.0.2.1:80 10.0.0.3:8080 --weight 2 --nat
  rvsadm server add tcp/192.0.2.1:80 10.9.0.3:8080 --fullnat
  rvsadm server add tcp/[2001:db8::1]:80 10.9.0.3:8080 --fullnat
  rvsadm server add tcp/192.0.2.1:80 10.9.0.3:8080 --enat
  rvsadm server add tcp/192.0.2.1:80 10.0.0.4 --upper-threshold 1000
  rvsadm server add tcp/192.0.2.1:80 198.51.100.2 --tun --tun-type gue --tun-port 6080
  rvsadm server add tcp/192.0.2.1:80 2001:db8:1::2 --tun
  rvsadm server add mark/7 10.0.0.2";

pub(super) const SERVER_SET: &str = "\
Connections that exist stay with the server and keep their forward method. Where
that is a tunnel, they go into the tunnel that is set now.

Examples:
  rvsadm server set tcp/192.0.2.1:80 10.0.0.2:8080 --weight 0
  rvsadm server set tcp/192.0.2.1:80 10.0.0.4 --upper-threshold 500 --lower-threshold 400
  rvsadm server set tcp/192.0.2.1:80 198.51.100.2 --tun-checksum full";

pub(super) const SERVER_DEL: &str = "\
Packets of its connections are dropped from then on. To let them end, set the
weight to 0 first.

Examples:
  rvsadm server del tcp/192.0.2.1:80 10.0.0.2:8080";

pub(super) const CONNECTION: &str = "\
Examples:
  rvsadm connection list";

pub(super) const CONNECTION_LIST: &str = "\
The order means nothing. Connections are written as they come, however many
there are: each that is there all the while is listed once. EXPIRES is when it
will have been idle for too long. Connections outlive their service, and are
listed by its name still. By full NAT, FORWARD has the local address and port,
too. They tell addresses of clients: this needs root (CAP_NET_ADMIN), unlike show
and stats.

Examples:
  rvsadm connection list
  rvsadm connection list tcp/192.0.2.1:80
  rvsadm --json connection list";

pub(super) const TEMPLATE: &str = "\
Examples:
  rvsadm template list";

pub(super) const TEMPLATE_LIST: &str = "\
Each line is a client of a persistent service, or a network of clients, with the
server that it keeps. STATE is ASSURED when a connection has reached the server.
EXPIRES is when a client is free to go to another server; a template stays as
long as it has connections. They tell addresses of clients: this needs root
(CAP_NET_ADMIN).

Examples:
  rvsadm template list
  rvsadm template list tcp/192.0.2.1:80
  rvsadm --json template list";

pub(super) const POOL: &str = "\
Examples:
  rvsadm pool add web 192.0.2.10-192.0.2.13
  rvsadm pool show";

pub(super) const POOL_ADD: &str = "\
A pool has addresses of the director, of either family or both, and of each the
same ports. Routers and real servers have to send packets for these addresses to
the director. Towards different real servers, or by TCP and UDP, one port serves several
connections, so that an address is good for as many connections to each real
server as it has ports. Ports are chosen at random. No other pool may give the
same port of an address.

Examples:
  rvsadm pool add web 192.0.2.10-192.0.2.13
  rvsadm pool add both 192.0.2.20 2001:db8::20 --ports 20000-59999
  rvsadm pool add empty";

pub(super) const POOL_SET: &str = "\
Examples:
  rvsadm pool set web --ports 20000-59999";

pub(super) const POOL_DEL: &str = "\
Connections of services that used it keep their ports.

Examples:
  rvsadm pool del web";

pub(super) const POOL_ADD_ADDRESS: &str = "\
New connections use them from then on.

Examples:
  rvsadm pool add-address web 192.0.2.14
  rvsadm pool add-address web 192.0.2.15-192.0.2.19 2001:db8::15";

pub(super) const POOL_DEL_ADDRESS: &str = "\
No new connections get them from then on; those that have them go on, so they
have to reach the director for as long. An address that servers of a service need stays:
by --enat that of the service, by --fullnat the last one of their family, where the
service is of the other one.

Examples:
  rvsadm pool del-address web 192.0.2.14
  rvsadm pool del-address web 192.0.2.15-192.0.2.19 2001:db8::15";

pub(super) const POOL_SHOW: &str = "\
USED are connections. RESTING are ports whose connection has ended but that
nobody gets yet, as the real server may be in TIME_WAIT: for a minute or two. REFUSED are
connections that got none; of an address, those that were to have one of it when
it had none left towards their real server. EVICTED are connections, half open,
without an answer or over, that gave their port to a new one as none was left. FREE are the ports that are left
towards the real server with the fewest. The busiest real server is the one towards which
the greatest part of all ports is taken.

Examples:
  rvsadm pool show
  rvsadm pool show web
  rvsadm --json pool show";

pub(super) const POOL_WATCH: &str = "\
Each line is a pool with what is left towards one real server:
  scarce  80 % are taken, or more
  dry     none was left for a connection: it was refused, or has the port of one
          that was half open, without an answer or over
  ample   less than 70 % are taken again
and how many of how many ports are taken.

Examples:
  rvsadm pool watch
  rvsadm --json pool watch";

pub(super) const SHOW: &str = "\
Rates are moving averages over about eight seconds, as those of IPVS. JSON has
both counters and rates.

Examples:
  rvsadm show
  rvsadm show tcp/192.0.2.1:80
  rvsadm show --rate
  rvsadm --json show";

pub(super) const STATS: &str = "\
Counts packets of connections since the network namespace was made. Each packet
that was sent is counted as fast or as slow. The other numbers say why packets
that reached the fast path were left to the slow one; docs/fast-path.md tells
what each means. The last ones say what happened to new connections for which
there was no room: at net.rvs.max_connections those that a flood may have made
give way, or the packet is dropped. A UDP flow gives its port away when it has
been silent for net.rvs.udp_reuse_after seconds. Rates are estimated every two
seconds, of servers that have counted something, until their rates are 0: others
cost nothing.

Examples:
  rvsadm stats
  rvsadm --json stats";

pub(super) const ZERO: &str = "\
Without a service the totals of the network namespace begin at 0, too. Which way
packets took is not changed.

Examples:
  rvsadm zero
  rvsadm zero tcp/192.0.2.1:80";

pub(super) const TIMEOUTS: &str = "\
Without options it shows the timeouts of the network namespace, and of services
that have their own. A change holds for connections that exist, too: one that
has been idle for longer ends within two seconds. Other states of TCP, and all of
SCTP, have fixed timeouts, those of IPVS.

Examples:
  rvsadm timeouts
  rvsadm timeouts --tcp 3600 --tcp-fin 60
  rvsadm timeouts --udp 30
  rvsadm --json timeouts";

pub(super) const SAVE: &str = "\
Timeouts, pools, services and servers, each after what it needs. Sysctls are not
among them, nor what was counted.

Examples:
  rvsadm save >/etc/rvs.conf
  rvsadm --json save";

pub(super) const RESTORE: &str = "\
Each line is a command without rvsadm: timeouts, pool add, service add or
server add. Empty lines, and those that begin with #, say nothing. All lines are
read before anything is changed. When the kernel refuses one, what those before
have changed is taken back, and the error names the line. What is there already
stays; a pool or a service that is to be restored may not be among it.

Examples:
  rvsadm restore /etc/rvs.conf
  rvsadm save | rvsadm --netns other restore";

pub(super) const FLUSH: &str = "\
Examples:
  rvsadm flush
  rvsadm --netns director flush";
