/**
 * Settings of a vitest project whose test files leave no state behind: four workers run all files, since some of
 * them wait for processes while the others compute. Takes a quarter of the time of one worker per file.
 */
export const sharesWorkers = { isolate: false, maxWorkers: 4 } as const

/**
 * Time limits of a test, in ms. They end one that waits for ever; a busy machine, on which everything takes ten times as
 * long, must not reach them.
 */
export const patient = { testTimeout: 180_000, hookTimeout: 180_000 } as const
