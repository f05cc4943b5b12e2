# SPDX-License-Identifier: GPL-2.0-only
"""What the guest runs: every case of the plan, in one boot, for both load balancers."""

import argparse
import fnmatch
import subprocess
import sys
import traceback

import injector
import region
import results
from backend import IpVs, Rvs, Unsupported
from cases import control, flows_established, forwarding, new_connection, tcp
from flows import CLIENTS


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
# Services, of ten servers each.
_CONFIGURATIONS = (2_000, 10_000)
_QUICK_CONFIGURATIONS = (2_000,)


def _established(bench: Bench, backends: list, flows: list[int], conntrack: bool = False) -> None:
    for count in flows:
        for method in flows_established.METHODS:
            for backend in backends:
                name = f"{method}-{count}{'-conntrack' if conntrack else ''}"
                bench.case(name, backend, flows_established.run, method, count, conntrack)


def _control(bench: Bench, backends: list, configurations: tuple[int, ...]) -> None:
    for services in configurations:
        for backend in backends:
            bench.case(f"config-{services}", backend, control.run, services)
            bench.case(f"config-restore-{services}", backend, control.by_tool, services)


def _tcp(bench: Bench, backends: list) -> None:
    for method in flows_established.METHODS:
        for gro in (False, True):
            for backend in backends:
                bench.case(f"tcp-{'gro-' if gro else ''}{method}", backend, tcp.run, method, gro)


def plan(bench: Bench, flows: list[int], configurations: tuple[int, ...]) -> None:
    """All cases, with RVS once for each of its paths. Rows without a path to choose are measured with the slow one."""
    peer, rvs = IpVs(), Rvs("slow")
    peer.load()
    rvs.load()
    both = [peer, rvs]
    paths = [*both, Rvs("fast")] if Rvs.has_fast_path() else both
    few = [count for count in flows if count < _MANY]
    many = [count for count in flows if count >= _MANY]

    bench.case("forward", None, forwarding.without_service)
    for backend in paths:
        bench.case("forward+service", backend, forwarding.with_service)
    _established(bench, paths, few)
    _tcp(bench, paths)
    for scheduler in new_connection.SCHEDULERS:
        for servers in (10, 250):
            for backend in both:
                bench.case(f"new-{scheduler}-{servers}", backend, new_connection.run, scheduler, servers)
    _control(bench, both, configurations)
    _established(bench, paths, many)
    # Last, because once a namespace has had conntrack its hooks stay known to the kernel.
    _established(bench, paths, flows, conntrack=True)
    if many:
        region.save_symbols()
        peer.unload()
        large = IpVs(_LARGE_TABLE)
        large.load()
        _established(bench, [large], many)
        _established(bench, [large], many, conntrack=True)


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
    bench = Bench(arguments.only)
    plan(bench, [int(count) for count in arguments.flows.split(",")],
         _QUICK_CONFIGURATIONS if arguments.quick else _CONFIGURATIONS)
    region.save_symbols()
    print(f"bench: {bench.failures} cases failed", flush=True)
    return 1 if bench.failures else 0


sys.exit(main())
