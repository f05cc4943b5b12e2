# SPDX-License-Identifier: GPL-2.0-only
# Flattens JSON: one line for each value, with its path, as in
#	.services.0.servers.1.weight 2
# Strings lose their quotes and keep their escapes. Exits with 1 when the text is not JSON.
# (A Python interpreter does the same, and takes half a second to start on an emulated machine.)

{ text = text $0 "\n" }

END {
	advance()
	value("")
	if (token != "")
		bad()
}

# advance(): puts the next token in token, and "" at the end.
function advance() {
	sub(/^[ \t\r\n]+/, "", text)
	if (text == "") {
		token = ""
		return
	}
	if (!match(text, /^("([^"\\]|\\.)*"|[][{},:]|-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?|true|false|null)/))
		bad()
	token = substr(text, 1, RLENGTH)
	text = substr(text, RLENGTH + 1)
}

function bad() {
	print "not JSON at: " token " " substr(text, 1, 40) > "/dev/stderr"
	exit 1
}

function take(expected) {
	if (token != expected)
		bad()
	advance()
}

function value(path) {
	if (token == "{")
		object(path)
	else if (token == "[")
		array(path)
	else if (token == "" || token ~ /^[]},:]$/)
		bad()
	else {
		print path " " unquoted(token)
		advance()
	}
}

function unquoted(string) {
	return string ~ /^"/ ? substr(string, 2, length(string) - 2) : string
}

function object(path,    name) {
	take("{")
	while (token != "}") {
		if (token !~ /^"/)
			bad()
		name = unquoted(token)
		advance()
		take(":")
		value(path "." name)
		if (token == ",")
			advance()
		else if (token != "}")
			bad()
	}
	advance()
}

function array(path,    position) {
	take("[")
	position = 0
	while (token != "]") {
		value(path "." position++)
		if (token == ",")
			advance()
		else if (token != "]")
			bad()
	}
	advance()
}
