/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See kernel.h.
 */

#include <string.h>

#include "kernel.h"

static const struct kernel kernels[] = {
	{
		.name = "6.18",
		.what = "the mask is the program's alone",
		.writes_to_all = true,
		.write_signals = true,
		.has_sub_events = true,
		.channels = KERNEL_ALL_CHANNELS,
	},
	{
		.name = "6.16",
		.what = "subchannels have interrupts; the kernel masks at open and event",
		.masks_at_open = true,
		.masks_on_event = true,
		.writes_to_all = true,
		.write_signals = true,
		.has_sub_events = true,
		.channels = KERNEL_ALL_CHANNELS,
	},
	{
		.name = "6.12.53",
		.what = "as 6.10 without masks: dies of a subchannel's interrupt",
		.write_signals = true,
		.channels = KERNEL_ALL_CHANNELS,
	},
	{
		.name = "6.10",
		.what = "write(1) signals the primary channel",
		.masks_at_open = true,
		.masks_on_event = true,
		.write_signals = true,
		.channels = KERNEL_ALL_CHANNELS,
	},
	{
		.name = "6.6.119",
		.what = "long-term kernels: as 6.18, but write(1) signals nothing",
		.writes_to_all = true,
		.has_sub_events = true,
		.channels = KERNEL_ALL_CHANNELS,
	},
	{
		.name = "4.17",
		.what = "write() is for the primary channel's mask alone",
		.masks_at_open = true,
		.masks_on_event = true,
		.channels = KERNEL_ALL_CHANNELS,
	},
	{
		.name = "4.16",
		.what = "as 4.17, and opens no subchannels: they have no rings",
		.masks_at_open = true,
		.masks_on_event = true,
		.channels = KERNEL_PRIMARY_CHANNEL,
	},
	{
		.name = "4.14",
		.what = "as 4.16, and does not say which channel is which",
		.masks_at_open = true,
		.masks_on_event = true,
		.channels = KERNEL_BARE_CHANNELS,
	},
	{
		.name = "4.13",
		.what = "shows no channels at all",
		.masks_at_open = true,
		.masks_on_event = true,
		.channels = KERNEL_NO_CHANNELS,
	},
};

const struct kernel *
kernel_at(size_t i)
{
	return i < sizeof(kernels) / sizeof(kernels[0]) ? &kernels[i] : NULL;
}

const struct kernel *
kernel_default(void)
{
	return &kernels[0];
}

const struct kernel *
kernel_find(const char *name)
{
	const struct kernel *kernel;

	for (size_t i = 0; (kernel = kernel_at(i)) != NULL; i++)
		if (strcmp(kernel->name, name) == 0)
			return kernel;
	return NULL;
}
