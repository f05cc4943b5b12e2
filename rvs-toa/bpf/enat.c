// SPDX-License-Identifier: GPL-2.0-only
/*
 * The real server's half of ENAT (docs/enat.md).
 *
 * A director sends packets of a client as from VIP:p, with the client in a TCP option. The first program gives the stack each
 * packet as from the client; the second makes replies come from the virtual address and port, so that they go to the client
 * straight. What neither knows passes as it is.
 */
#include "enat/egress.h"
#include "enat/errors.h"
#include "enat/ingress.h"
#include "enat/segment.h"
#include "enat/state.h"

SECTION("classifier")
int to_server(struct __sk_buff *packet)
{
	struct segment segment;

	if (!setting(SETTING_ACTIVE))
		return TCX_NEXT;
	return read(packet, &segment) ? request(packet, &segment) : error_about_reply(packet);
}

SECTION("classifier")
int to_client(struct __sk_buff *packet)
{
	struct segment segment;

	if (!setting(SETTING_ACTIVE))
		return TCX_NEXT;
	return read(packet, &segment) ? reply(packet, &segment) : error_about_request(packet);
}

/* The kernel's functions are for programs of its licence. */
char licence_of_programs[] SECTION("license") = "GPL v2";
