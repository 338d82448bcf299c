import { isDeepStrictEqual } from 'node:util'
import type { Setting, Settings } from './resource.ts'

export type State =
  | { readonly kind: 'same' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'differs'; readonly differences: readonly Difference[] }
  | { readonly kind: 'waits'; readonly words: string }

export interface Difference {
  readonly setting: string
  readonly found: Setting | undefined
  readonly wanted: Setting
}

/** Compares the settings that are wanted; others of the same resource are not ours. The order of a list does not count. */
export function compare(found: Settings | undefined, wanted: Settings): State {
  if (found === undefined) return { kind: 'missing' }
  const differences = Object.entries(wanted)
    .map(([setting, value]) => ({ setting, found: found[setting], wanted: value }))
    .filter(({ found, wanted }) => !isDeepStrictEqual(sorted(found), sorted(wanted)))
  return differences.length === 0 ? { kind: 'same' } : { kind: 'differs', differences }
}

const sorted = (value: Setting | undefined): Setting | undefined =>
  typeof value === 'object' ? value.toSorted() : value

/** A line of the report. */
export function line(name: string, state: State): string {
  switch (state.kind) {
    case 'same':
      return `= ${name}`
    case 'missing':
      return `+ ${name}: is not there`
    case 'waits':
      return `… ${name}: waits: ${state.words}`
    case 'differs':
      return [`~ ${name}: differs`, ...state.differences.map((each) => `    ${difference(each)}`)].join('\n')
  }
}

const difference = ({ setting, found, wanted }: Difference): string =>
  `${setting}: ${found === undefined ? 'not set' : said(found)} → ${said(wanted)}`

const said = (value: Setting): string => (typeof value === 'object' ? value.join(', ') : String(value))
