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

/* A function of the kernel, by its number. Not each program calls all. */
#define KERNEL static __attribute__((unused))

KERNEL void *(*const map_lookup)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
KERNEL void *(*const storage_get)(void *map, void *sk, void *value, __u64 flags) = (void *)BPF_FUNC_sk_storage_get;
KERNEL long (*const callbacks_set)(struct bpf_sock_ops *ops, int flags) = (void *)BPF_FUNC_sock_ops_cb_flags_set;
KERNEL long (*const map_update)(void *map, const void *key, const void *value, __u64 flags) = (void *)BPF_FUNC_map_update_elem;
KERNEL long (*const map_delete)(void *map, const void *key) = (void *)BPF_FUNC_map_delete_elem;
KERNEL long (*const load_bytes)(void *skb, __u32 offset, void *to, __u32 len) = (void *)BPF_FUNC_skb_load_bytes;
KERNEL long (*const store_bytes)(void *skb, __u32 offset, const void *from, __u32 len, __u64 flags) = (void *)BPF_FUNC_skb_store_bytes;
KERNEL long (*const replace_ip_checksum)(void *skb, __u32 offset, __u64 from, __u64 to, __u64 size) = (void *)BPF_FUNC_l3_csum_replace;
KERNEL long (*const replace_checksum)(void *skb, __u32 offset, __u64 from, __u64 to, __u64 flags) = (void *)BPF_FUNC_l4_csum_replace;
KERNEL __s64 (*const difference)(void *from, __u32 from_size, void *to, __u32 to_size, __u32 seed) = (void *)BPF_FUNC_csum_diff;
KERNEL long (*const timer_init)(struct bpf_timer *timer, void *map, __u64 clock) = (void *)BPF_FUNC_timer_init;
KERNEL long (*const timer_set_callback)(struct bpf_timer *timer, void *callback) = (void *)BPF_FUNC_timer_set_callback;
KERNEL long (*const timer_start)(struct bpf_timer *timer, __u64 nanoseconds, __u64 flags) = (void *)BPF_FUNC_timer_start;
KERNEL struct mptcp_sock *(*const mptcp_of)(void *sk) = (void *)BPF_FUNC_skc_to_mptcp_sock;

#endif
