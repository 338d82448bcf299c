/** Options of a read that sees every acknowledged write. @param timeoutMs time limit, in ms */
export const readOptions = (timeoutMs: number) => ({
  maxTimeMS: Math.max(1, Math.ceil(timeoutMs)),
  readPreference: 'primary' as const,
  readConcern: 'majority' as const,
})

/** Options of a read that may lag behind, from a reader if there is one. @param timeoutMs time limit, in ms */
export const readerOptions = (timeoutMs: number) => ({
  ...readOptions(timeoutMs),
  readPreference: 'secondaryPreferred' as const,
})
