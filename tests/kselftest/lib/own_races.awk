# SPDX-License-Identifier: GPL-2.0-only
# The kernel log, without the word BUG in those reports of KCSAN in which the module has no part: none of the two stacks
# has a function of it. The kernel has races of its own, in any kernel with networking.

function report_end() {
	if (report !~ /\[rvs\]/)
		sub(/BUG: KCSAN: /, "KCSAN, not in rvs: ", report)
	printf "%s", report
	report = ""
	inside = 0
}

/BUG: KCSAN: / {
	report_end()
	inside = 1
}

!inside

inside {
	report = report $0 "\n"
	# The rule below a report.
	if (/==========/)
		report_end()
}

END { report_end() }
