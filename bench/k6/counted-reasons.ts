import { failureOf } from '../load/fate.ts'

/** Reasons of failures with a counter of their own: k6 must know its metrics before the first request. */
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
  'outcome-unknown',
  '504',
] as const

export const reasonOf = (status: number): string =>
  countedReasons.find((reason) => reason === failureOf(status)) ?? 'other'
