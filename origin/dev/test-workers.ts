/**
 * Settings of a vitest project whose test files leave no state behind: two workers run all files. Takes a quarter of
 * the time of one worker per file.
 */
export const sharesWorkers = { isolate: false, maxWorkers: 2 } as const

/**
 * Time limits of a test, in ms. They end one that waits for ever; a busy machine, on which everything takes ten times as
 * long, must not reach them.
 */
export const patient = { testTimeout: 180_000, hookTimeout: 180_000 } as const
