# SPDX-License-Identifier: GPL-2.0-only
"""What the guest runs: every case of the plan, in one boot, for both load balancers."""

import argparse
import dataclasses
import fnmatch
import subprocess
import sys
import traceback

import injector
import region
import results
from backend import IpVs, Rvs, Unsupported
from cases import (
    control,
    flows_established,
    forwarding,
    fullnat,
    ipv6,
    new_connection,
    outbound,
    population,
    sctp,
    tcp,
    tcp_fullnat,
)
from flows import CLIENTS, MOST_PORTS
from namespace import settle_neighbours


class Bench:
    """Runs cases and keeps count of those that failed."""

    def __init__(self, only: list[str]):
        self.only = only
        self.failures = 0

    def case(self, name: str, backend, function, *arguments) -> None:
        if self.only and not any(fnmatch.fnmatchcase(name, pattern) for pattern in self.only):
            return
        try:
            function(CLIENTS, backend, *arguments)
        except Unsupported as reason:
            results.missing(results.key(name, backend), str(reason), failed=False)
        except Exception as error:  # a case that fails must not take the others with it
            self.failures += 1
            traceback.print_exc()
            results.missing(results.key(name, backend), f"{type(error).__name__}: {error}", failed=True)


# From so many flows on, the size of ip_vs's table decides, so that it is measured with a large one too.
_MANY = 100_000
_LARGE_TABLE = 20
# A service, and its servers.
_ONE_OF_MANY = (1, 5_000)
# Flows of a real server's own.
_OUTBOUND = (1, 1000)


@dataclasses.dataclass(frozen=True)
class Scope:
    """How much of the plan is wanted."""

    flows: list[int]
    schedulers: tuple[str, ...] = new_connection.SCHEDULERS
    # Services, of ten servers each.
    configurations: tuple[int, ...] = (2_000, 10_000)


def _quick(flows: list[int]) -> Scope:
    """Of each kind what tells most; no minutes."""
    return Scope(flows, schedulers=("rr", "wlc"), configurations=(2_000,))


def _established(bench: Bench, backends: list, flows: list[int], conntrack: bool = False) -> None:
    for count in flows:
        tunnels = () if conntrack or count >= _MANY else flows_established.TUNNELS
        for method in (*flows_established.METHODS, *tunnels):
            for backend in backends:
                name = f"{method}-{count}{'-conntrack' if conntrack else ''}"
                bench.case(name, backend, flows_established.run, method, count, conntrack)


def _ipv6(bench: Bench, backends: list, flows: list[int]) -> None:
    for count in flows:
        for method in ipv6.METHODS:
            for backend in backends:
                bench.case(f"ipv6-{method}-{count}", backend, ipv6.run, method, count)


def _control(bench: Bench, backends: list, configurations: tuple[int, ...]) -> None:
    for services in configurations:
        for backend in backends:
            bench.case(f"config-{services}", backend, control.run, services)
    for services, servers in [*((services, control.SERVERS) for services in configurations), _ONE_OF_MANY]:
        for backend in backends:
            bench.case(f"config-held-{services}x{servers}", backend, control.held_mutex, services, servers)


def _control_by_ipvs(bench: Bench, backend, configurations: tuple[int, ...]) -> None:
    for services in configurations:
        bench.case(f"config-ipvs-{services}", backend, control.run, services, "config-ipvs")
        bench.case(f"config-restore-{services}", backend, control.by_tool, services)


def _control_of_both_by_ipvs(bench: Bench, peer: IpVs, rvs: Rvs, configurations: tuple[int, ...]) -> None:
    """The family IPVS has one owner at a time: first ip_vs, then RVS, which stays."""
    _control_by_ipvs(bench, peer, configurations)
    region.save_symbols()
    peer.unload()
    rvs.unload()
    owner = Rvs("slow", "IPVS")
    owner.load()
    _control_by_ipvs(bench, owner, configurations)


def _tcp(bench: Bench, backends: list) -> None:
    for method in flows_established.METHODS:
        for gro in (False, True):
            for backend in backends:
                bench.case(f"tcp-{'gro-' if gro else ''}{method}", backend, tcp.run, method, gro)


def _full_nat(bench: Bench, backends: list, flows: list[int]) -> None:
    for count in flows:
        for backend in backends:
            bench.case(f"fullnat-{count}", backend, fullnat.run, count)
            if count <= MOST_PORTS:
                bench.case(f"ipv6-fullnat-{count}", backend, fullnat.run6, count)
    for backend in backends:
        if backend.path == "slow":
            for share in (0, 90) if backend.chooses_local_port else (0,):
                bench.case(f"new-fullnat-{share}", backend, fullnat.new, share)


def _tcp_full_nat(bench: Bench, backends: list, flows: list[int]) -> None:
    for count in flows:
        for method in tcp_fullnat.METHODS:
            for backend in backends:
                # As long as segments carry the option by full NAT they are not fast.
                if method != "fullnat-toa" or backend.path == "slow":
                    bench.case(f"tcp-{method}-{count}", backend, tcp_fullnat.run, method, count)


def _new_tcp_full_nat(bench: Bench, backend) -> None:
    for method in tcp_fullnat.METHODS:
        bench.case(f"new-tcp-{method}", backend, tcp_fullnat.new, method)


def _sctp(bench: Bench, backends: list) -> None:
    for other_port in (False, True):
        for backend in backends:
            bench.case(f"sctp-nat{'-port' if other_port else ''}", backend, sctp.run, other_port)


def plan(bench: Bench, scope: Scope) -> None:
    """All cases, with RVS once for each of its paths. Rows without a path to choose are measured with the slow one."""
    peer, rvs = IpVs(), Rvs("slow")
    peer.load()
    rvs.load()
    both = [peer, rvs]
    paths = [*both, Rvs("fast")] if Rvs.has_fast_path() else both
    few = [count for count in scope.flows if count < _MANY]
    many = [count for count in scope.flows if count >= _MANY]

    bench.case("forward", None, forwarding.without_service)
    for backend in paths:
        bench.case("forward+service", backend, forwarding.with_service, "dr")
        bench.case("forward+service-nat", backend, forwarding.with_service, "nat")
    for count in _OUTBOUND:
        # With the plain packets, which the others are compared with.
        bench.case(f"server-outbound-{count}", None, outbound.without_service, count)
        for backend in paths:
            bench.case(f"server-outbound-{count}", backend, outbound.with_service, count)
    _established(bench, paths, few)
    _tcp(bench, paths)
    _sctp(bench, paths)
    _full_nat(bench, paths[1:], few)
    _tcp_full_nat(bench, paths[1:], few)
    _new_tcp_full_nat(bench, rvs)
    _ipv6(bench, paths, few)
    for scheduler in scope.schedulers:
        for servers in (10, 250):
            for backend in both:
                bench.case(f"new-{scheduler}-{servers}", backend, new_connection.run, scheduler, servers)
    for backend in both:
        bench.case("new-mark-10", backend, new_connection.by_mark, 10)
        bench.case("new-template-10", backend, new_connection.with_template, 10, False)
        bench.case("new-persistent-10", backend, new_connection.with_template, 10, True)
        bench.case("ipv6-new-rr-10", backend, ipv6.new, 10)
    _control(bench, both, scope.configurations)
    _established(bench, paths, many)
    if _MANY in many:
        for backend in paths[1:]:
            bench.case(f"fullnat-{_MANY}", backend, fullnat.run, _MANY)
        _tcp_full_nat(bench, paths[1:], [_MANY])
    if any(count >= population.MANY for count in many):
        bench.case("fill-fullnat", rvs, fullnat.fill)
        for method in ipv6.METHODS:
            for backend in both:
                bench.case(f"ipv6-fill-{method}", backend, ipv6.fill, method)
    if many:
        large = IpVs(_LARGE_TABLE)
        _replace(peer, large)
        _established(bench, [large], many)
        # From here on with conntrack: what it has once registered stays known to the kernel.
        _established(bench, [large], many, conntrack=True)
        _replace(large, peer)
    _established(bench, paths, scope.flows, conntrack=True)
    # What the peer does for want of it takes conntrack, too.
    for cases in (_full_nat, _tcp_full_nat):
        cases(bench, [peer], [count for count in scope.flows if count <= _MANY])
    _new_tcp_full_nat(bench, peer)
    if any(count >= population.MANY for count in many):
        bench.case("fill-fullnat", peer, fullnat.fill)
    _control_of_both_by_ipvs(bench, peer, rvs, scope.configurations)


def _replace(old: IpVs, new: IpVs) -> None:
    region.save_symbols()
    old.unload()
    new.load()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", default=[], help="only these cases (shell patterns)")
    parser.add_argument("--flows", default="1,1000")
    parser.add_argument("--quick", action="store_true", help="leave out what takes minutes")
    parser.add_argument("--mark", action="store_true", help="a TCG plugin is there: run every case once more for it")
    arguments = parser.parse_args()
    region.wanted = arguments.mark
    subprocess.run(["modprobe", "-a", "pktgen", "dummy"], check=True)
    injector.load()
    settle_neighbours()
    bench = Bench(arguments.only)
    flows = [int(count) for count in arguments.flows.split(",")]
    plan(bench, _quick(flows) if arguments.quick else Scope(flows))
    region.save_symbols()
    print(f"bench: {bench.failures} cases failed", flush=True)
    return 1 if bench.failures else 0


sys.exit(main())
