import { type Fields, type HiddenFields, type Principal, pick } from '@spillway/origin/contract'
import type { CompiledView } from '../resource/compiled-view.ts'
import { showTo } from '../resource/serializer.ts'
import { shownNames } from '../resource/shown-names.ts'
import type { HistoryRecord } from '../store/history-log.ts'
import type { LastState } from './last-state.ts'

type Showing = Pick<CompiledView, 'view' | 'hiddenFrom'>

/**
 * A record as a caller may know it. A field that the caller may not read, by the document's last state, or by its state
 * before or after the write, has neither name nor value in it: so a document's next owner does not learn what the rules kept
 * between it and the owner before.
 */
export function shownRecord(
  compiled: Showing,
  { type, version, at, by, via, request, ...record }: HistoryRecord,
  last: LastState,
  principal: Principal | undefined,
): Fields {
  const { changed, before, after, attributes = {}, attributesBefore = attributes } = record
  const states = [last.fields, attributes, attributesBefore]
  const hidden = [...new Set(states.flatMap((state) => compiled.hiddenFrom(state, principal)))]
  const { representation, resource } = compiled.view
  const names = (stored: readonly string[]) => shownNames(representation, stored, hidden)
  const values = (stored: Fields | undefined) =>
    stored === undefined ? undefined : shownValues(compiled, { last, changed, stored, hidden }, names)
  return {
    ...{ version, type, at, by, via, requestId: request },
    changed: names(changed),
    // A resource that records values no more shows none, as its documentation says.
    ...(resource.history?.values === true && { before: values(before), after: values(after) }),
  }
}

interface Recorded {
  readonly last: LastState
  readonly changed: readonly string[]
  readonly stored: Fields
  readonly hidden: HiddenFields
}

/**
 * Recorded values as the version shows them. The version's function gets them among the document's other fields, since it may
 * not take a part of a document. One that fails shows nothing.
 */
function shownValues(
  { view }: Showing,
  { last, changed, stored, hidden }: Recorded,
  names: (stored: readonly string[]) => readonly string[],
): Fields | undefined {
  const others = Object.entries(last.fields).filter(([name]) => !changed.includes(name))
  const document = { ...last.document, fields: { ...Object.fromEntries(others), ...stored } }
  try {
    return pick(showTo(view, document, hidden), names(Object.keys(stored)))
  } catch {
    return undefined
  }
}
