/**
 * Settings of a vitest project whose test files leave no state behind: two workers run all files. Takes a quarter of
 * the time of one worker per file.
 */
export const sharesWorkers = { isolate: false, maxWorkers: 2 } as const
