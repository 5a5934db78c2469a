/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * READ(pointer, member, member, …) reads pointer->member->member of the kernel.
 *
 * READ_WORDS(to, pointer, member, …) copies an array, of any type, into one of words of its size.
 *
 * It is a call of a helper for each arrow; where the kernel's BTF has bpf_rdonly_cast()
 * (since 6.2), one instruction each. What is pointed to may be gone: then zeros are read, in either
 * way.
 *
 * An object that calls a function of the kernel does not load where there is none, nor with a
 * custom BTF, so connwhy.bpf.c is compiled twice, with TYPED_READS and without; user/tracer.c
 * chooses.
 */
#ifndef CONNWHY_READ_BPF_H
#define CONNWHY_READ_BPF_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#ifdef TYPED_READS
extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym;

#define READ(pointer, ...)                                                                         \
	({                                                                                         \
		typeof(*(pointer)) *typed =                                                        \
		        bpf_rdonly_cast((pointer), bpf_core_type_id_kernel(typeof(*(pointer))));   \
		___arrow(typed, __VA_ARGS__);                                                      \
	})

#define READ_BITFIELD(pointer, member)                                                             \
	({                                                                                         \
		typeof(*(pointer)) *typed =                                                        \
		        bpf_rdonly_cast((pointer), bpf_core_type_id_kernel(typeof(*(pointer))));   \
		BPF_CORE_READ_BITFIELD(typed, member);                                             \
	})

#define READ_WORDS(to, pointer, ...)                                                               \
	({                                                                                         \
		const typeof((to)[0]) *words = (const void *)READ(pointer, __VA_ARGS__);           \
		for (__u32 i = 0; i < sizeof(to) / sizeof((to)[0]); i++)                           \
			(to)[i] = words[i];                                                        \
	})
#else
#define READ(pointer, ...) BPF_CORE_READ(pointer, __VA_ARGS__)
#define READ_BITFIELD(pointer, member) BPF_CORE_READ_BITFIELD_PROBED(pointer, member)
#define READ_WORDS(to, pointer, ...) BPF_CORE_READ_INTO(&(to), pointer, __VA_ARGS__)
#endif

#endif
