/* SPDX-License-Identifier: GPL-2.0-only */
/* The headers of both versions of IP. */
#ifndef RVS_TOA_BPF_ENAT_IP_H
#define RVS_TOA_BPF_ENAT_IP_H

#include "../bpf.h"

#define TCP 6
#define ICMP 1
#define ICMPV6 58
#define ETHERTYPE_IP 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define FRAGMENT 0x3fff /* more fragments, or an offset */

/* Offsets in the headers. */
#define IP_CHECKSUM 10
#define IP_SOURCE 12
#define IP6_SOURCE 8
#define IP_DESTINATION 16
#define IP6_DESTINATION 24

/* Since Linux 6.16. */
#define CHECKSUM_OF_IPV6 (1ULL << 7)

#endif
