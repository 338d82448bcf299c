export type Outcome = 'ok' | 'shed' | 'failed'

/** As `fateOf` in bench/load, which k6 cannot load; a test holds the two together. 0: no answer. */
export const outcomeOf = (status: number): Outcome => {
  if ((status >= 200 && status < 300) || status === 304) return 'ok'
  return status === 503 || status === 429 ? 'shed' : 'failed'
}

/** Reasons of failures that have a counter of their own: k6 wants to know its metrics before the first request. */
export const countedReasons = [
  '0',
  '400',
  '401',
  '403',
  '404',
  '409',
  '412',
  '422',
  '500',
  '502',
  '504',
] as const

export const reasonOf = (status: number): string =>
  countedReasons.find((reason) => reason === String(status)) ?? 'other'
