/**
 * Settings of a vitest project whose test files leave no state behind: two workers run all files. Takes a quarter of
 * the time of one worker per file.
 */
export const sharesWorkers = { isolate: false, maxWorkers: 2 } as const

/**
 * Time limits of tests that start processes, in ms. They end a test that waits for ever; a busy machine, on which a
 * start takes ten times as long, must not reach them.
 */
export const patient = { testTimeout: 180_000, hookTimeout: 180_000 } as const
