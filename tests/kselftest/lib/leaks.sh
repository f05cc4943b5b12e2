# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the kernel holds, to be compared before and after.

kmemleak=/sys/kernel/debug/kmemleak
# kmemleak calls nothing a leak that is younger (MSECS_MIN_AGE of mm/kmemleak.c is 5 s).
kmemleak_age=6

# Names of /proc/meminfo in which a leak of the kernel shows.
# shellcheck disable=SC2034 # for the tests
kernel_memory_names=(Slab SUnreclaim Percpu VmallocUsed)

# kernel_memory: prints the values of kernel_memory_names, in kB.
kernel_memory() {
	# What only caches files says nothing of a leak.
	echo 3 >/proc/sys/vm/drop_caches
	awk -v names="${kernel_memory_names[*]}" '
		{ value[$1] = $2 }
		END {
			count = split(names, name, " ")
			for (i = 1; i <= count; i++)
				printf "%d%s", value[name[i] ":"], i < count ? " " : "\n"
		}' /proc/meminfo
}

# kasan_quarantine: kB of freed memory that KASAN keeps back from use: up to 1/32 of all (mm/kasan/quarantine.c), to
# find late accesses. It fills as the test goes on. 0 without KASAN.
kasan_quarantine() {
	if grep -q ' kasan_quarantine_put$' /proc/kallsyms; then
		awk '$1 == "MemTotal:" { print int($2 / 32) }' /proc/meminfo
	else
		echo 0
	fi
}

# slab_objects CACHE: objects in use, nothing when there is no such cache.
slab_objects() {
	# Objects on the lists of a processor count as used until the cache is shrunk.
	[ ! -e "/sys/kernel/slab/$1/shrink" ] || echo 1 >"/sys/kernel/slab/$1/shrink"
	awk -v name="$1" '$1 == name { print $2 }' /proc/slabinfo
}

# kmemleak_begin: forget what others have leaked until now.
kmemleak_begin() {
	[ ! -w "$kmemleak" ] || echo clear >"$kmemleak"
}

# kmemleak_of_module NAME: reports of leaks that were allocated by the module. An unloaded module has no symbols: an
# address without a name is also its.
kmemleak_of_module() {
	local deadline=$((SECONDS + kmemleak_age))
	[ -w "$kmemleak" ] || return
	# Something is reported when two scans have found it unreferenced and unchanged, the second one at this age.
	echo scan >"$kmemleak"
	until [ "$SECONDS" -gt "$deadline" ]; do
		echo scan >"$kmemleak"
	done
	echo scan >"$kmemleak"
	awk -v module="\\[$1\\]" '
		function flush() { if (mine) printf "%s", report; report = ""; mine = 0 }
		/^unreferenced object/ { flush() }
		{ report = report $0 "\n" }
		$0 ~ module || /^ *(\[<[0-9a-f]+>\] )?0x[0-9a-f]+$/ { mine = 1 }
		END { flush() }' "$kmemleak"
}
