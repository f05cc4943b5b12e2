# SPDX-License-Identifier: GPL-2.0-only
"""What the guest runs: every case of the plan, in one boot, for both load balancers."""

import argparse
import fnmatch
import subprocess
import sys
import traceback

import region
import results
from backend import IpVs, Rvs, Unsupported
from cases import flows_established, forwarding, new_connection
from flows import CLIENTS


class Bench:
    """Runs cases and keeps count of those that failed."""

    def __init__(self, only: list[str]):
        self.only = only
        self.failures = 0

    def case(self, name: str, backend, function, *arguments) -> None:
        if self.only and not any(fnmatch.fnmatch(name, pattern) for pattern in self.only):
            return
        try:
            function(CLIENTS, backend, *arguments)
        except Unsupported as reason:
            results.missing(name, backend, str(reason), failed=False)
        except Exception as error:  # a case that fails must not take the others with it
            self.failures += 1
            traceback.print_exc()
            results.missing(name, backend, f"{type(error).__name__}: {error}", failed=True)


def plan(bench: Bench, backends: list, flows: list[int]) -> None:
    bench.case("forward", None, forwarding.without_service)
    for backend in backends:
        bench.case("forward+service", backend, forwarding.with_service)
    for count in flows:
        for method in flows_established.METHODS:
            for backend in backends:
                bench.case(f"{method}-{count}", backend, flows_established.run, method, count)
    for scheduler in new_connection.SCHEDULERS:
        for servers in (10, 250):
            for backend in backends:
                bench.case(f"new-{scheduler}-{servers}", backend, new_connection.run, scheduler, servers)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", default=[], help="only these cases (shell patterns)")
    parser.add_argument("--flows", default="1,1000")
    parser.add_argument("--mark", action="store_true", help="a TCG plugin is there: run every case once more for it")
    arguments = parser.parse_args()
    region.wanted = arguments.mark
    subprocess.run(["modprobe", "-a", "pktgen", "dummy", "ipip"], check=True)
    backends = [IpVs(), Rvs()]
    for backend in backends:
        backend.load()
    bench = Bench(arguments.only)
    plan(bench, backends, [int(count) for count in arguments.flows.split(",")])
    if region.wanted:
        region.save_symbols()
    print(f"bench: {bench.failures} cases failed", flush=True)
    return 1 if bench.failures else 0


sys.exit(main())
