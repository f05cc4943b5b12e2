/* SPDX-License-Identifier: GPL-2.0-only */
/* What a BPF program names its maps and the functions of the kernel by. The numbers are those of <linux/bpf.h>. */
#ifndef RVS_TOA_BPF_H
#define RVS_TOA_BPF_H

#include <linux/bpf.h>
#include <linux/types.h>

/* The loader finds programs and maps by their sections. */
#define SECTION(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))

/* A map is a structure of types, which the loader reads in the BTF of the object: a number is the length of an array. */
#define MAP_NUMBER(name, value) int(*name)[value]
#define MAP_TYPE(name, type) type *name

#define AF_INET 2
#define AF_INET6 10

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NETWORK32(value) __builtin_bswap32(value)
#define NETWORK16(value) __builtin_bswap16(value)
#else
#define NETWORK32(value) (value)
#define NETWORK16(value) (value)
#endif

struct mptcp_sock;

static void *(*const map_lookup)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static void *(*const storage_get)(void *map, void *sk, void *value, __u64 flags) = (void *)BPF_FUNC_sk_storage_get;
static long (*const callbacks_set)(struct bpf_sock_ops *ops, int flags) = (void *)BPF_FUNC_sock_ops_cb_flags_set;
static struct mptcp_sock *(*const mptcp_of)(void *sk) = (void *)BPF_FUNC_skc_to_mptcp_sock;

#endif
