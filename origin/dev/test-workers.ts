/**
 * Settings of a vitest project whose files leave nothing behind in their process: two workers run them one after the
 * other, and none is started anew for each. That takes a quarter of the time of one new worker a file.
 */
export const sharesWorkers = { isolate: false, maxWorkers: 2 } as const
